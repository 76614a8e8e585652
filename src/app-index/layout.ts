import { join } from 'node:path';

/**
 * The folder of an app index, DIR. What is published is made anew as a whole each time something changed, beside
 * what was published before, and comes into force with the renaming of one link.
 *
 *     DIR/app-index.json                 what the house decided (document.ts); makes the folder an index
 *     DIR/store/<packageId>/             a package that was taken in: whole, or not there (store.ts)
 *         package                        the SPK
 *         record.json                    what it says of itself, and when it was taken in
 *         images/<imageId>               its icons and screenshots
 *     DIR/generations/<n>/               one publication, never changed; the larger n is the later one (generations.ts)
 *         generation.json                when it was made, and from what
 *         site/apps, packages, images/   what Sandstorm reads (format.ts); packages and images are hard links
 *         site/index.html, ...           the market
 *     DIR/public -> generations/<n>/site the web server's document root; nothing else in DIR is for others
 *     DIR/incoming/                      what is being made; whoever has the lock may remove what lies there
 *     DIR/locks/                         who is at work (journal/lock.ts): one writer at a time, any number of readers
 *
 * DIR lies on one filesystem. Folders above `public` must let the web server through (0755).
 */
export interface IndexLayout {
  readonly dir: string;
  readonly document: string;
  readonly store: string;
  readonly generations: string;
  readonly public: string;
  readonly incoming: string;
  readonly locks: string;
}

export function indexLayout(dir: string): IndexLayout {
  return {
    dir,
    document: join(dir, 'app-index.json'),
    store: join(dir, 'store'),
    generations: join(dir, 'generations'),
    public: join(dir, 'public'),
    incoming: join(dir, 'incoming'),
    locks: join(dir, 'locks'),
  };
}

export interface PackagePlace {
  readonly folder: string;
  readonly file: string;
  readonly record: string;
  readonly images: string;
}

/** Where a package lies; `folder` is `store/<packageId>`, or the place below `incoming` where it is being made. */
export function packagePlace(folder: string): PackagePlace {
  return {
    folder,
    file: join(folder, 'package'),
    record: join(folder, 'record.json'),
    images: join(folder, 'images'),
  };
}

/** First 32 hex digits of the file's SHA-256. */
export const PACKAGE_ID = /^[0-9a-f]{32}$/;
/** 32 bytes in Sandstorm's base32. */
export const APP_ID = /^[0-9acdefghjkmnpqrstuvwxyz]{52}$/;
export const IMAGE_ID = /^[0-9a-f]{32}\.(?:svg|png|jpeg)$/;
