import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nextOpening, openingAt, parseWindow, windowWords } from '../../../src/schedule/window.js';

const before = process.env.TZ;
beforeAll(() => {
  process.env.TZ = 'Europe/Berlin';
});
afterAll(() => {
  if (before === undefined) delete process.env.TZ;
  else process.env.TZ = before;
});

/** Opening and closing as UTC, when it is open at that moment. */
function open(window: string, at: string): string | undefined {
  const opening = openingAt(parseWindow(window, '--window'), new Date(at));
  return opening && `${opening.from.toISOString().slice(0, 16)} ${opening.to.toISOString().slice(0, 16)}`;
}

describe('a window', () => {
  it.each([
    ['02:00-04:00', '2026-11-22T00:59:59.999Z', undefined],
    ['02:00-04:00', '2026-11-22T01:00:00Z', '2026-11-22T01:00 2026-11-22T03:00'],
    ['02:00-04:00', '2026-11-22T02:59:59.999Z', '2026-11-22T01:00 2026-11-22T03:00'],
    ['02:00-04:00', '2026-11-22T03:00:00Z', undefined],
    // The night from Saturday to Sunday counts by the day on which it begins.
    ['Sat 22:00-04:00', '2026-11-21T21:30:00Z', '2026-11-21T21:00 2026-11-22T03:00'],
    ['Sat 22:00-04:00', '2026-11-22T02:59:00Z', '2026-11-21T21:00 2026-11-22T03:00'],
    ['Sat 22:00-04:00', '2026-11-22T21:30:00Z', undefined],
    ['Sat 22:00-04:00', '2026-11-21T02:00:00Z', undefined],
    ['Sun 22:00-24:00', '2026-11-22T22:59:00Z', '2026-11-22T21:00 2026-11-22T23:00'],
    ['Sun 22:00-24:00', '2026-11-22T23:00:00Z', undefined],
    ['Mon..Fri 00:00-05:00', '2026-11-20T03:00:00Z', '2026-11-19T23:00 2026-11-20T04:00'],
    ['Mon..Fri 00:00-05:00', '2026-11-21T03:00:00Z', undefined],
    ['Fri..Mon 01:00-02:00', '2026-11-23T00:30:00Z', '2026-11-23T00:00 2026-11-23T01:00'],
  ])('%s at %s', (window, at, expected) => {
    expect(open(window, at)).toBe(expected);
  });

  it('is an hour shorter in the night in which the clock goes forward', () => {
    // 2026-03-29: after 01:59 CET comes 03:00 CEST.
    expect(open('01:00-04:00', '2026-03-29T00:30:00Z')).toBe('2026-03-29T00:00 2026-03-29T02:00');
    expect(open('22:00-04:00', '2026-03-29T01:59:00Z')).toBe('2026-03-28T21:00 2026-03-29T02:00');
    expect(open('22:00-04:00', '2026-03-29T02:00:00Z')).toBeUndefined();
    // Begins in the hour that is not there.
    expect(open('02:00-04:00', '2026-03-29T01:30:00Z')).toBe('2026-03-29T01:00 2026-03-29T02:00');
    // Lies in it as a whole: it is open in the hour after.
    expect(open('02:15-02:45', '2026-03-29T01:20:00Z')).toBe('2026-03-29T01:15 2026-03-29T01:45');
  });

  it('is an hour longer in the night in which the clock goes back, and never opens twice', () => {
    // 2026-10-25: after 02:59 CEST comes 02:00 CET.
    expect(open('01:00-04:00', '2026-10-25T02:30:00Z')).toBe('2026-10-24T23:00 2026-10-25T03:00');
    const openings = new Set<string | undefined>();
    for (let minute = 0; minute < 24 * 60; minute += 5) {
      openings.add(open('02:15-02:45', new Date(Date.UTC(2026, 9, 24, 22, minute)).toISOString()));
    }
    openings.delete(undefined);
    expect([...openings]).toEqual(['2026-10-25T00:15 2026-10-25T00:45']);
  });

  it('opens once a day all year long, wherever the clock changes', () => {
    const window = parseWindow('23:30-03:30', '--window');
    const nights = new Set<number>();
    for (let at = Date.UTC(2026, 0, 1, 12); at < Date.UTC(2027, 0, 1, 12); at += 3_600_000) {
      const opening = openingAt(window, new Date(at));
      if (opening !== undefined) nights.add(opening.from.getTime());
    }
    expect(nights.size).toBe(365);
  });

  it('says when it opens next', () => {
    const next = (window: string, at: string): string | undefined =>
      nextOpening(parseWindow(window, '--window'), new Date(at))?.from.toISOString();
    expect(next('Sat 02:00-04:00', '2026-11-21T01:00:00Z')).toBe('2026-11-28T01:00:00.000Z');
    expect(next('02:00-04:00', '2026-11-21T00:00:00Z')).toBe('2026-11-21T01:00:00.000Z');
  });

  it('is told in words', () => {
    expect(windowWords(parseWindow('Sat,sun 22:00-04:00', '--window'))).toBe(
      'on Sun and Sat from 22:00 to 04:00 of the next day',
    );
    expect(windowWords(parseWindow(' 00:00-24:00 ', '--window'))).toBe('every day from 00:00 to 24:00');
  });

  it.each([
    '',
    '2:00-4:00',
    '02:00',
    '02:00-02:00x',
    '25:00-26:00',
    '02:60-03:00',
    '24:00-02:00',
    'Xyz 02:00-04:00',
    'Mon..Tue..Wed 02:00-04:00',
    'Mon, 02:00-04:00',
    '02:00-02:14',
    '02:00-04:00\nOnCalendar=daily',
  ])('is refused as %j', (text) => {
    expect(() => parseWindow(text, '--window')).toThrow(/--window: /);
  });
});
