/** The complete result of the command; also printed by --json. */

import type { Validation } from '../measure/validate.ts';
import type { Provision } from '../model/model.ts';
import type { Profile } from '../model/profile.ts';
import type { Judgement } from '../model/seedTable.ts';
import type { Target } from '../model/target.ts';

export interface CapacityResult {
  target: Target;
  provision: Provision;
  profile: Profile;
  /** Origin and age of the profile. */
  profileNote: string;
  /** The product's table at the target's load, and at other loads. */
  seedAtTarget: Judgement;
  seedTable: Judgement[];
  /** Undefined when the validation was skipped. */
  validations: Validation[] | undefined;
}
