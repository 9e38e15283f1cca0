/** Overview: whether organizations are being onboarded, and which dashboard shows a problem. */
import type { DashboardSpec } from './frame.ts';
import { answer } from './overview/answer.ts';
import { dependencies } from './overview/dependencies.ts';
import { objectives } from './overview/objectives.ts';

export const overview: DashboardSpec = {
  uid: 'a4c-overview',
  title: 'A4C onboarding: Overview and objectives',
  description: 'Are customers being onboarded? What fires, what burns, what runs.',
  sections: [answer, dependencies, objectives],
};
