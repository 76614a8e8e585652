import { expect, it } from 'vitest';
import { defaultPlaces, inOrder, type FoundRelease } from '../../../src/release/picker.js';

const user = { uid: 1000, name: 'ann', home: '/home/ann' };

it('looks into the given folder first, then here, home, and what is plugged in', () => {
  const paths = defaultPlaces({ cwd: '/srv', user }, ['/media/usb']).map(({ path }) => path);
  expect(paths).toEqual(['/media/usb', '/srv', '/home/ann', '/media', '/mnt', '/run/media']);
});

it('looks into a folder that is two places once, as deep as the deeper', () => {
  const places = defaultPlaces({ cwd: '/home/ann', user });
  expect(places.filter(({ path }) => path === '/home/ann')).toEqual([{ path: '/home/ann', depth: 2 }]);
  expect(places[0]?.path).toBe('/home/ann');
});

it('does not search the whole machine from its root', () => {
  expect(defaultPlaces({ cwd: '/', user }, ['/'])[0]).toEqual({ path: '/', depth: 0 });
});

it('orders by build, place and name, and leaves its input alone', () => {
  const found = (path: string, build: number | undefined, rank: number): FoundRelease => ({
    path,
    build,
    rank,
    hasSignature: false,
    place: '/',
    size: 1,
    mtime: new Date(0),
    compression: 'xz',
    problem: undefined,
  });
  const input = [
    found('broken', undefined, 0),
    found('custom', 0, 0),
    found('far', 309, 2),
    found('b', 308, 1),
    found('a', 308, 1),
    found('near', 308, 0),
  ];
  expect(inOrder(input).map(({ path }) => path)).toEqual(['far', 'near', 'a', 'b', 'custom', 'broken']);
  expect(input[0]?.path).toBe('broken');
});
