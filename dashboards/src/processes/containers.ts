/** The containers of our pods on Kubernetes, as the kubelet and kube-state-metrics measure them. */
import type { Section } from '../frame.ts';
import { lines } from '../panels.ts';
import { increase, max, own, rate, sum } from '../promql.ts';

const POD = ['namespace', 'pod'] as const;

/** Of our pods alone: those whose processes tell their version. */
const ofOurPods = (series: string): string =>
  `${series} * on (namespace, pod) group_left () ${max(own('a4c_build_info'), ...POD)}`;

/** Without the sandbox of the pod, and without the sums over its containers. */
const CONTAINER = 'container!="",container!="POD"';
const limitOf = (resource: string): string =>
  ofOurPods(sum(`kube_pod_container_resource_limits{${CONTAINER},resource="${resource}"}`, ...POD));

export const containers: Section = {
  title: 'Containers (Kubernetes)',
  panels: [
    lines({
      title: 'Memory of containers',
      noValue: 'only on Kubernetes',
      description:
        'Beside the limit, at which the kernel ends the container. Measured by the kubelet: more than the heap.',
      unit: 'bytes',
      queries: [
        {
          expr: ofOurPods(sum(`container_memory_working_set_bytes{${CONTAINER}}`, ...POD)),
          legend: '{{pod}}',
        },
        { expr: limitOf('memory'), legend: '{{pod}} limit' },
      ],
    }),
    lines({
      title: 'CPU of containers',
      noValue: 'only on Kubernetes',
      description: 'Cores in use, beside the limit.',
      unit: 'short',
      queries: [
        {
          expr: ofOurPods(sum(rate(`container_cpu_usage_seconds_total{${CONTAINER}}`), ...POD)),
          legend: '{{pod}}',
        },
        { expr: limitOf('cpu'), legend: '{{pod}} limit' },
      ],
    }),
    lines({
      title: 'Throttled',
      noValue: 'only on Kubernetes',
      description:
        'Share of the periods in which a container had used up its CPU and stood still. Above a tenth: raise the limit, or remove it.',
      unit: 'percentunit',
      queries: [
        {
          expr: ofOurPods(
            `${sum(increase(`container_cpu_cfs_throttled_periods_total{${CONTAINER}}`), ...POD)} / (${sum(increase(`container_cpu_cfs_periods_total{${CONTAINER}}`), ...POD)} > 0)`,
          ),
          legend: '{{pod}}',
        },
      ],
    }),
    lines({
      title: 'Containers ended by the kernel',
      noValue: 'only on Kubernetes',
      description: 'Whose last end was for memory. Above 0: compare with the memory beside.',
      unit: 'short',
      queries: [
        {
          expr: ofOurPods(
            sum(
              `kube_pod_container_status_last_terminated_reason{${CONTAINER},reason="OOMKilled"}`,
              ...POD,
            ),
          ),
          legend: '{{pod}}',
        },
      ],
    }),
  ],
};
