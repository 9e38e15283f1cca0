/** Everything that the command finds out; also what --json prints. */

import type { Validation } from '../measure/validate.ts';
import type { Provision } from '../model/model.ts';
import type { Profile } from '../model/profile.ts';
import type { Judgement } from '../model/seedTable.ts';
import type { Target } from '../model/target.ts';

export interface CapacityResult {
  target: Target;
  provision: Provision;
  profile: Profile;
  /** Where the profile is from, and how old it is. */
  profileNote: string;
  /** The product's table at the target's own load, and at others. */
  seedAtTarget: Judgement;
  seedTable: Judgement[];
  /** Undefined when it was left out. */
  validations: Validation[] | undefined;
}
