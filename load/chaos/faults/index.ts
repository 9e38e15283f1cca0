/** Every fault, one list. */

import { DATABASE_FAULTS } from './database.ts';
import type { Fault } from './fault.ts';
import { NETWORK_FAULTS } from './network.ts';
import { OPERATOR_FAULTS } from './operators.ts';
import { PROCESS_FAULTS } from './processes.ts';
import { PROVIDER_FAULTS } from './providers.ts';
import { SURROUNDING_FAULTS } from './surroundings.ts';

export const FAULTS: readonly Fault[] = [
  ...PROCESS_FAULTS,
  ...NETWORK_FAULTS,
  ...DATABASE_FAULTS,
  ...PROVIDER_FAULTS,
  ...OPERATOR_FAULTS,
  ...SURROUNDING_FAULTS,
];
