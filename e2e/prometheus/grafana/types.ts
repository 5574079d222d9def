// What a dashboard that we render may hold: the types of Grafana's schema, as JSON has them, with the options of the panels that we use.
import type { Dashboard, DataQuery, FieldConfigSource, Panel, RowPanel, AnnotationQuery } from '@grafana/schema';
import type { Options as StatOptions } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type { Options as GraphOptions, FieldConfig as GraphField } from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

// In JSON a value of an enum is its text.
type Json<T> = T extends string ? `${T}` : T extends number | boolean | null | undefined ? T
  : T extends Array<infer E> ? Array<Json<E>> : T extends object ? { [K in keyof T]: Json<T[K]> } : T;

// Options that are left out are those that the plugin has by default.
type Some<T> = T extends Array<unknown> ? T : T extends object ? { [K in keyof T]?: Some<T[K]> } : T;

// PromQuery of @grafana/prometheus 13, as far as we use it; that package brings a whole user interface with it.
interface PromQuery extends DataQuery {
  expr: string;
  datasource: { type: 'prometheus'; uid: string };
  instant?: boolean;
  legendFormat?: string;
}

interface Drawn<Type extends string, Options, Field> extends Omit<Panel, 'type' | 'options' | 'targets' | 'fieldConfig'> {
  id: number;
  type: Type;
  title: string;
  gridPos: NonNullable<Panel['gridPos']>;
  datasource: { type: 'prometheus'; uid: string };
  targets: [PromQuery, ...PromQuery[]];
  options: Some<Options>;
  fieldConfig: Omit<FieldConfigSource, 'defaults'> & { defaults: Omit<FieldConfigSource['defaults'], 'custom'> & { custom?: Field; unit: string } };
}

// What annotations of Prometheus have besides: annotations.ts of @grafana/prometheus 13.
interface PromAnnotation extends AnnotationQuery {
  target: PromQuery;
  titleFormat?: string;
  textFormat?: string;
  tagKeys?: string;
  useValueForTime?: boolean;
}

interface Written extends Omit<Dashboard, 'panels' | 'annotations'> {
  uid: string;
  title: string;
  panels: Array<Drawn<'stat', StatOptions, never> | Drawn<'timeseries', GraphOptions, GraphField> | RowPanel>;
  annotations: { list: PromAnnotation[] };
}

export type Rendered = Json<Written>;
