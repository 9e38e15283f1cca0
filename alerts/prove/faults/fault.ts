/** A fault that scenarios prove alerts with, and that a person can practise in a game day. */
import type { Breakable } from '#dev/embedded/breakable.ts';

export interface Fault {
  /** For the command line. */
  name: string;
  /** What is broken. */
  fault: string;
  /** What to look at, for whoever practises and does not come on by themselves. */
  hint: string;
  begin(stack: Breakable): Promise<unknown>;
  /** Takes it back. Needs nothing from `begin`, and may be called twice. */
  end(stack: Breakable): Promise<unknown>;
}
