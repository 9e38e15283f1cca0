/** The labels that Prometheus gives to series, added to those that tests of rules name. */
import { jobsOf, SELECTORS } from './selectors.ts';

interface Target {
  job?: string;
  environment?: string;
}

const nameOf = (series: string): string => series.split('{')[0]!;

/** The job of a series: by the catalogue, else by who exports series with such a name. */
function jobOf(series: string): string {
  const name = nameOf(series);
  if (name.startsWith('a4c_postgres_')) return SELECTORS.postgres;
  if (name.startsWith('node_')) return SELECTORS.disk;
  if (name.startsWith('probe_')) return SELECTORS.probe;
  const isCore = /^temporal_(?!pollers|backlog|reported)/.test(name);
  return SELECTORS[isCore ? 'worker' : jobsOf(name)[0]!];
}

function labelled(series: string, { job, environment }: Target): string {
  const own = series.includes('{') ? series.slice(series.indexOf('{') + 1, -1) : '';
  const given = /(?:^|,)job="([^"]+)"/.exec(own)?.[1];
  const rest = own.replace(/(?:^|,)job="[^"]+"/, '').replace(/^,/, '');
  const labels = [
    `job="${job ?? given ?? jobOf(series)}"`,
    `environment="${environment ?? SELECTORS.environments[0]}"`,
    rest,
  ];
  return `${nameOf(series)}{${labels.filter(Boolean).join(',')}}`;
}

/** A series of ours, as our Prometheus labels it. */
export const ownSeries = (series: string): string => labelled(series, {});

/** The same series of somebody else. */
export const foreignSeries = (series: string, target: Target): string => labelled(series, target);
