/** What can happen to the organizations of a sequence, and sequences of it at random. */
import fc from 'fast-check';

/** What happens to one of the organizations of a sequence. */
const ACTIONS = [
  'request',
  'request child',
  'cancel',
  'delete',
  'delete all',
  'invite',
  'accept',
  'resend',
  'revoke',
  'claim',
  'terminate bootstrap',
  'terminate invitation',
  'terminate deletion',
  'reset bootstrap',
  'reset invitation',
  'wait',
] as const;

export interface Command {
  action: (typeof ACTIONS)[number];
  /** The organization, by its place among those requested so far. */
  of: number;
  /** The next command follows at once. */
  atOnce: boolean;
}

/** Sequences of it; short ones, too, so that a failure shrinks to what it needs. */
export const commands = fc.array(
  fc.record<Command>({
    // Without pauses, most would meet organizations that are not set up yet.
    action: fc.oneof(
      { weight: 4, arbitrary: fc.constant('wait' as const) },
      { weight: ACTIONS.length, arbitrary: fc.constantFrom(...ACTIONS) },
    ),
    of: fc.nat(3),
    atOnce: fc.boolean(),
  }),
  { minLength: 1, maxLength: 20, size: 'max' },
);
