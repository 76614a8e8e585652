import { describe, expect, it } from 'vitest';
import { fold } from '../../src/words.js';

describe('fold', () => {
  it('leaves what fits, blanks included', () => {
    expect(fold('  a   b', 7, 4)).toBe('  a   b');
    expect(fold('x'.repeat(500), Infinity, 4)).toHaveLength(500);
  });

  it('breaks between words and indents what follows', () => {
    expect(fold('    ✔ one two three four', 14, 6)).toBe('    ✔ one two\n      three\n      four');
  });

  it('keeps a word whole that is longer than the line', () => {
    expect(fold('see http://sandstorm.corp.lan/setup now', 12, 2)).toBe(
      'see\n  http://sandstorm.corp.lan/setup\n  now',
    );
  });
});
