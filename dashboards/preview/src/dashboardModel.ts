/** The parts of a dashboard's JSON that the preview draws. */
import type { FieldConfig } from '@grafana/data';
import type { VizLegendOptions, VizTextDisplayOptions } from '@grafana/schema';

export interface TargetModel {
  expr: string;
  legendFormat?: string;
  instant?: boolean;
}

/** An override by regular expression, `/…/`. */
export interface OverrideModel {
  matcher: { options: string };
  properties: { id: string; value: unknown }[];
}

export interface PanelModel {
  id: number;
  type: string;
  title: string;
  description?: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets: TargetModel[];
  // biome-ignore lint/suspicious/noExplicitAny: each kind of panel has options of its own
  fieldConfig?: { defaults: FieldConfig<any>; overrides?: OverrideModel[] };
  /** Of a collapsed row. */
  panels?: PanelModel[];
  options: { legend?: VizLegendOptions; colorMode?: string; text?: VizTextDisplayOptions };
  // biome-ignore lint/suspicious/noExplicitAny: each transformation has options of its own
  transformations?: { id: string; options: any }[];
}

export interface DashboardModel {
  uid: string;
  title: string;
  panels: PanelModel[];
}
