import { isatty } from 'node:tty';

let done = false;

/**
 * For whoever takes over the terminal's keys: a menu, a spinner. Whatever ends the process, the shell gets
 * its cursor back; and a terminal that goes away meanwhile (a lost connection) ends nothing by itself.
 * Readline and the spinner would throw out of nowhere when they hand back the mode of one that is gone.
 */
export function outliveTheTerminal(): void {
  const { stdin, stdout } = process;
  if (done || !stdin.isTTY) return;
  done = true;
  process.once('exit', () => stdout.write('\u001b[?25h'));
  stdin.on('error', () => undefined);
  const setRawMode = stdin.setRawMode.bind(stdin);
  stdin.setRawMode = (raw) => (isatty(stdin.fd) ? setRawMode(raw) : stdin);
}

/**
 * Calls back once when the process would end because nothing is awaited from outside any more: a prompt
 * whose input was closed. The result takes it back.
 */
export function onNothingLeftToDo(callBack: () => void): () => void {
  process.once('beforeExit', callBack);
  return () => {
    process.removeListener('beforeExit', callBack);
  };
}
