/** What the parts of a bootstrap's workflow code share. */
import type { StepInput } from '#kernel/workflow/names.ts';
import type { Progress } from '#kernel/workflow/progress.ts';
import type { Saga } from '#kernel/workflow/saga.ts';
import type { BootstrapTiming } from '../contract/timing.ts';
import type { BootstrapState, BootstrapStep, OrganizationBootstrapParams } from '../contract.ts';
import type { Proxies } from '../proxies.ts';

export interface Run {
  params: OrganizationBootstrapParams;
  input: StepInput;
  timing: BootstrapTiming;
  activities: Proxies;
  progress: Progress<BootstrapStep, Omit<BootstrapState, 'step' | 'steps'>>;
  saga: Saga;
  invitationIds: string[];
}
