/** A chart: what it shows, in PromQL, one line per query; `legend` as Grafana fills it in. */
interface Chart {
  readonly title: string
  readonly unit: string
  readonly queries: readonly (readonly [expression: string, legend: string])[]
}

export interface Dashboard {
  readonly name: string
  readonly title: string
  readonly charts: readonly Chart[]
}

const RATE = '[$__rate_interval]'
const p = (quantile: number, metric: string, by: string): string =>
  `histogram_quantile(${quantile}, sum by (le, ${by}) (rate(${metric}_bucket${RATE})))`
const perSecond = (metric: string, by: string): string => `sum by (${by}) (rate(${metric}${RATE}))`
const POOL = 'db_client_connection_pool_name'

/** The dashboards of the platform. `npm run dashboards` writes them as Grafana reads them. */
export const DASHBOARDS: readonly Dashboard[] = [
  {
    name: 'platform',
    title: 'Platform',
    charts: [
      {
        title: 'Operations by root field',
        unit: 'reqps',
        queries: [
          [
            perSecond('corridor_graphql_operation_duration_seconds_count', 'graphql_root_field'),
            '{{graphql_root_field}}',
          ],
        ],
      },
      {
        title: 'Operations by outcome',
        unit: 'reqps',
        queries: [[perSecond('corridor_graphql_operation_duration_seconds_count', 'outcome'), '{{outcome}}']],
      },
      {
        title: 'Operations, 99th percentile',
        unit: 's',
        queries: [
          [p(0.99, 'corridor_graphql_operation_duration_seconds', 'graphql_root_field'), '{{graphql_root_field}}'],
        ],
      },
      {
        title: 'Time in databases, 99th percentile',
        unit: 's',
        queries: [
          [
            p(0.99, 'corridor_graphql_operation_database_duration_seconds', 'graphql_root_field'),
            '{{graphql_root_field}}',
          ],
        ],
      },
      {
        title: 'Errors by code',
        unit: 'reqps',
        queries: [[perSecond('corridor_graphql_errors_total', 'error_type'), '{{error_type}}']],
      },
      {
        title: 'Requests to subgraphs, 99th percentile',
        unit: 's',
        queries: [[p(0.99, 'corridor_subgraph_request_duration_seconds', 'subgraph'), '{{subgraph}}']],
      },
      {
        title: 'Requests to subgraphs without an answer',
        unit: 'reqps',
        queries: [
          [
            `sum by (subgraph) (rate(corridor_subgraph_request_duration_seconds_count{error_type="no_answer"}${RATE}))`,
            '{{subgraph}}',
          ],
        ],
      },
      {
        title: 'Subscriptions',
        unit: 'short',
        queries: [
          ['sum(corridor_subscription_active)', 'open'],
          ['sum(corridor_subscription_upstreams)', 'upstreams'],
        ],
      },
      {
        title: 'Subscriptions closed, events conflated',
        unit: 'ops',
        queries: [
          [perSecond('corridor_subscription_closed_total', 'reason'), 'closed: {{reason}}'],
          [`sum(rate(corridor_subscription_conflated_total${RATE}))`, 'conflated'],
        ],
      },
      {
        title: 'Event loop delay, 99th percentile',
        unit: 's',
        queries: [['max by (service_name) (nodejs_eventloop_delay_p99_seconds)', '{{service_name}}']],
      },
      {
        title: 'Event loop utilization',
        unit: 'percentunit',
        queries: [['max by (service_name) (nodejs_eventloop_utilization_ratio)', '{{service_name}}']],
      },
      {
        title: 'Memory',
        unit: 'bytes',
        queries: [['sum by (service_name) (process_memory_usage_bytes)', '{{service_name}}']],
      },
      {
        title: 'Processor time',
        unit: 'percentunit',
        queries: [[perSecond('process_cpu_time_seconds_total', 'service_name'), '{{service_name}}']],
      },
      {
        title: 'Connections in use',
        unit: 'percentunit',
        queries: [
          [
            `sum by (${POOL}) (db_client_connection_count{db_client_connection_state="used"}) / sum by (${POOL}) (db_client_connection_max)`,
            `{{${POOL}}}`,
          ],
        ],
      },
      {
        title: 'Requests that wait for a connection',
        unit: 'short',
        queries: [[`sum by (${POOL}) (db_client_connection_pending_requests)`, `{{${POOL}}}`]],
      },
      {
        title: 'Statements, 99th percentile',
        unit: 's',
        queries: [[p(0.99, 'db_client_operation_duration_seconds', POOL), `{{${POOL}}}`]],
      },
      {
        title: 'Outbox lag',
        unit: 's',
        queries: [['max by (domain) (corridor_outbox_lag_seconds)', '{{domain}}']],
      },
      {
        title: 'Events waiting and parked',
        unit: 'short',
        queries: [
          ['max by (domain) (corridor_outbox_waiting)', '{{domain}} waiting'],
          ['max by (domain) (corridor_outbox_parked)', '{{domain}} parked'],
        ],
      },
      {
        title: 'Consumer lag',
        unit: 'short',
        queries: [
          [
            'sum by (consumer, topic) (max by (consumer, topic, partition) (corridor_consumer_lag))',
            '{{consumer}} {{topic}}',
          ],
        ],
      },
      {
        title: 'Events consumed',
        unit: 'ops',
        queries: [[perSecond('corridor_consumer_events_total', 'consumer, outcome'), '{{consumer}} {{outcome}}']],
      },
      {
        title: 'Rounds that failed',
        unit: 'ops',
        queries: [[`sum by (loop) (rate(corridor_loop_rounds_total{outcome="failed"}${RATE}))`, '{{loop}}']],
      },
    ],
  },
  {
    name: 'payments',
    title: 'Payments',
    charts: [
      {
        title: 'Payments taken in',
        unit: 'reqps',
        queries: [[`sum(rate(corridor_payment_taken_total${RATE}))`, 'taken']],
      },
      {
        title: 'Payments by the state they came into',
        unit: 'reqps',
        queries: [[perSecond('corridor_payment_transitions_total', 'status'), '{{status}}']],
      },
      {
        title: 'Time in a state, median',
        unit: 's',
        queries: [[p(0.5, 'corridor_payment_state_duration_seconds', 'status'), '{{status}}']],
      },
      {
        title: 'Time in a state, 99th percentile',
        unit: 's',
        queries: [[p(0.99, 'corridor_payment_state_duration_seconds', 'status'), '{{status}}']],
      },
      {
        title: 'Declined and failed, by reason',
        unit: 'reqps',
        queries: [[perSecond('corridor_payment_declines_total', 'status, reason'), '{{status}} {{reason}}']],
      },
      {
        title: 'Payments that wait',
        unit: 'short',
        queries: [['max by (status) (corridor_payment_waiting)', '{{status}}']],
      },
      {
        title: 'Due for',
        unit: 's',
        queries: [
          ['max by (status) (corridor_payment_overdue_seconds)', '{{status}}'],
          ['max(corridor_payment_refunds_overdue_seconds)', 'refunds'],
        ],
      },
    ],
  },
  {
    name: 'ledger',
    title: 'Ledger',
    charts: [
      {
        title: 'Journals',
        unit: 'reqps',
        queries: [[perSecond('corridor_ledger_journals_total', 'outcome'), '{{outcome}}']],
      },
      {
        title: 'Refusals by reason',
        unit: 'reqps',
        queries: [[perSecond('corridor_ledger_refusals_total', 'reason'), '{{reason}}']],
      },
      {
        title: 'Journals per transaction',
        unit: 'short',
        queries: [
          [
            `sum(rate(corridor_ledger_group_size_sum${RATE})) / sum(rate(corridor_ledger_group_size_count${RATE}))`,
            'mean',
          ],
        ],
      },
      {
        title: 'Wait for locks',
        unit: 's',
        queries: [
          [
            `histogram_quantile(0.5, sum by (le) (rate(corridor_ledger_lock_duration_seconds_bucket${RATE})))`,
            'median',
          ],
          [
            `histogram_quantile(0.99, sum by (le) (rate(corridor_ledger_lock_duration_seconds_bucket${RATE})))`,
            '99th percentile',
          ],
        ],
      },
      {
        title: 'Invariants broken',
        unit: 'short',
        queries: [['max by (invariant) (corridor_ledger_invariant_broken)', '{{invariant}}']],
      },
      {
        title: 'Since the last check of the books',
        unit: 's',
        queries: [['time() - max(corridor_ledger_invariants_checked_seconds)', 'age']],
      },
    ],
  },
  {
    name: 'forex',
    title: 'Forex',
    charts: [
      {
        title: 'Age of rates',
        unit: 's',
        queries: [['max by (pair, provider) (corridor_forex_rate_age_seconds)', '{{pair}} {{provider}}']],
      },
      {
        title: 'Oldest rate per provider',
        unit: 's',
        queries: [['max by (provider) (corridor_forex_rate_age_seconds)', '{{provider}}']],
      },
      {
        title: 'Pairs per provider',
        unit: 'short',
        queries: [['count by (provider) (max by (pair, provider) (corridor_forex_rate_age_seconds))', '{{provider}}']],
      },
      {
        title: 'Rounds of the poller',
        unit: 'ops',
        queries: [[`sum by (outcome) (rate(corridor_loop_rounds_total{loop="forex-poller"}${RATE}))`, '{{outcome}}']],
      },
    ],
  },
]

const WIDTH = 12
const HEIGHT = 8
const PER_ROW = 2

/** A dashboard as Grafana's provisioning reads it. */
export function grafanaDashboard({ name, title, charts }: Dashboard): string {
  const panels = charts.map(({ title: heading, unit, queries }, index) => ({
    id: index + 1,
    type: 'timeseries',
    title: heading,
    datasource: { type: 'prometheus', uid: 'prometheus' },
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    gridPos: { h: HEIGHT, w: WIDTH, x: (index % PER_ROW) * WIDTH, y: Math.floor(index / PER_ROW) * HEIGHT },
    targets: queries.map(([expr, legendFormat], place) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + place),
      expr,
      legendFormat,
    })),
  }))
  const dashboard = {
    uid: `corridor-${name}`,
    title: `Corridor: ${title}`,
    tags: ['corridor'],
    timezone: 'utc',
    schemaVersion: 39,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    panels,
  }
  return `${JSON.stringify(dashboard, null, 2)}\n`
}
