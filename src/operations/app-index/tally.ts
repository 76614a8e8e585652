import type { Wanted } from '../../app-index/mirror/place.js';

/** What files of a kind whose size nobody has said yet are taken for, until one of them is known. */
const GUESS: Readonly<Record<Wanted['kind'], number>> = {
  details: 4_000,
  images: 40_000,
  packages: 20_000_000,
};
/** More often nobody can read it. */
const EVERY_BYTES = 256 * 1024;

/** Adds up what came and what is still to come; sizes are known only once a server begins to send. */
export class Tally {
  /** Over the network, also of tries that failed. */
  bytes = 0;
  private done = 0;
  private known = 0;
  private told = 0;
  private readonly files = new Map<string, { here: number; total: number | undefined }>();
  private readonly kinds: Record<Wanted['kind'], { expected: number; sized: number; sizes: number }> = {
    details: { expected: 0, sized: 0, sizes: 0 },
    images: { expected: 0, sized: 0, sizes: 0 },
    packages: { expected: 0, sized: 0, sizes: 0 },
  };

  constructor(private readonly show: (done: number, total: number) => void) {}

  expect(wanted: readonly Wanted[]): void {
    for (const { kind } of wanted) this.kinds[kind].expected += 1;
  }

  /** @param here bytes of it that are here, from its beginning; less than before when it begins anew */
  readonly note = ({ kind, name }: Wanted, here: number, total: number | undefined, came: number): void => {
    const before = this.files.get(name);
    if (before?.total === undefined && total !== undefined) {
      this.kinds[kind].sized += 1;
      this.kinds[kind].sizes += total;
      this.known += total;
    }
    this.files.set(name, { here, total: before?.total ?? total });
    this.done += here - (before?.here ?? 0);
    this.bytes += came;
    if (this.bytes - this.told < EVERY_BYTES) return;
    this.told = this.bytes;
    this.show(this.done, this.known + this.guessed());
  };

  private guessed(): number {
    return Object.entries(this.kinds).reduce((sum, [kind, { expected, sized, sizes }]) => {
      const mean = sized === 0 ? GUESS[kind as Wanted['kind']] : sizes / sized;
      return sum + Math.max(0, expected - sized) * mean;
    }, 0);
  }
}
