// The read models in PostgreSQL or PGlite: written with the events that caused them, read here.
import { Effect, Layer, Option, Schema } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import { Blindness } from "../../domain/Account.ts"
import { Balance } from "../../domain/Balance.ts"
import { Fill } from "../../domain/Fill.ts"
import { type AccountId, OrderId } from "../../domain/Ids.ts"
import { Order, Side } from "../../domain/Order.ts"
import { Position } from "../../domain/Position.ts"
import { Blotter, BlotterError, type FillsQuery, type OrdersQuery } from "../../ports/Blotter.ts"

const BookedFill = Schema.Struct({
  ...Fill.fields,
  orderId: OrderId,
  symbol: Schema.String,
  side: Side,
  seq: Schema.Int
})
const State = Schema.Struct({
  seq: Schema.Int,
  orders: Schema.Array(Order),
  positions: Schema.Array(Position),
  balances: Schema.Array(Balance),
  blind: Schema.optionalKey(Blindness)
})

const decodeOrders = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ found: Order })))
const decodeFills = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ found: BookedFill })))
const decodeCounts = Schema.decodeUnknownEffect(Schema.Tuple([Schema.Struct({ open: Schema.Int, closed: Schema.Int })]))
const decodeState = Schema.decodeUnknownEffect(Schema.Tuple([Schema.Struct({ found: State })]))

// Rows leave as JSON in the domain's own shape. A numeric must be text there: a JSON number would be read as a float.
const orderJson = `jsonb_strip_nulls(jsonb_build_object(
  'orderId', order_id, 'clientOrderId', client_order_id, 'userId', user_id, 'exchangeOrderId', exchange_order_id, 'intent', intent,
  'status', status, 'executedQuantity', executed_quantity::text, 'executedQuote', executed_quote::text, 'hold', hold,
  'tradeIds', trade_ids, 'reason', reason, 'createdAt', created_at, 'updatedAt', updated_at,
  'flights', flights, 'resolution', resolution, 'external', external, 'triggeredAt', triggered_at, 'list', list, 'amends', amends,
  'replaces', replaces))`

/** A stored command without a receipt is an order that waits for its decision. */
const pendingJson = `jsonb_build_object(
  'orderId', order_id, 'clientOrderId', 'oc' || replace(order_id, '-', ''), 'userId', user_id, 'intent', command->'intent', 'status', 'PENDING',
  'executedQuantity', '0', 'executedQuote', '0', 'hold', jsonb_build_object('asset', '', 'amount', '0'),
  'tradeIds', '[]'::jsonb, 'createdAt', at, 'updatedAt', at)
  || case when kind = 'ReplaceOrder' then jsonb_build_object('replaces', command -> 'replaces') else '{}' end`

const isPending = `receipt is null and kind in ('PlaceOrder', 'ReplaceOrder')`

/** The orders of lists that wait, one a leg, with the columns of those that wait alone. */
const pendingLegs = `(
  select account_id, kind, leg ->> 'orderId' as order_id, user_id, at, jsonb_build_object('intent', leg -> 'intent') as command,
    leg -> 'intent' ->> 'symbol' as symbol,
    jsonb_build_object('listId', command -> 'listId', 'kind', command -> 'kind', 'role', leg -> 'role') as list
  from order_commands, jsonb_array_elements(command -> 'legs') as leg
  where receipt is null and kind = 'PlaceList') as legs`
const pendingLegJson = `${pendingJson} || jsonb_build_object('list', list)`

const fillJson = `jsonb_build_object(
  'tradeId', trade_id, 'price', price::text, 'quantity', quantity::text, 'fee', fee::text, 'feeAsset', fee_asset,
  'liquidity', liquidity, 'at', at, 'orderId', order_id, 'symbol', symbol, 'side', side, 'seq', seq)`

const positionJson = `jsonb_build_object(
  'symbol', symbol, 'quantity', quantity::text, 'cost', cost::text, 'realised', realised::text, 'fees', fees)`

const balanceJson = `jsonb_build_object('asset', asset, 'free', free::text, 'held', held::text)`

const read = <A>(query: Effect.Effect<A, SqlError.SqlError | Schema.SchemaError>): Effect.Effect<A, BlotterError> =>
  Effect.mapError(query, (error) => new BlotterError({ message: sentenceOf(error) }))

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const orders = ({ accountId, before, limit, state, symbol }: OrdersQuery) => {
    // Order ids are version 7 UUIDs: the greater is the later.
    const conditions = sql.and([
      sql`account_id = ${accountId}`,
      ...(symbol === undefined ? [] : [sql`symbol = ${symbol}`]),
      ...(before === undefined ? [] : [sql`order_id < ${before}`])
    ])
    const open = state === "all" ? "true" : state === "open" ? "is_open" : "not is_open"
    const known = sql`(select order_id, ${sql.literal(orderJson)} as found from orders
      where ${conditions} and ${sql.literal(open)} order by account_id desc, order_id desc limit ${limit})`
    const pending = sql`(select order_id, ${sql.literal(pendingJson)} as found from order_commands
      where ${conditions} and ${sql.literal(isPending)} order by order_id desc limit ${limit})`
    const legs = sql`(select order_id, ${sql.literal(pendingLegJson)} as found from ${sql.literal(pendingLegs)}
      where ${conditions} order by order_id desc limit ${limit})`
    return state === "closed"
      ? sql`select found from ${known} k order by order_id desc`
      : sql`select found from (${known} union all ${pending} union all ${legs}) a order by order_id desc limit ${limit}`
  }

  const fills = ({ accountId, beforeSeq, limit, orderId, symbol }: FillsQuery) => {
    const conditions = sql.and([
      sql`account_id = ${accountId}`,
      ...(symbol === undefined ? [] : [sql`symbol = ${symbol}`]),
      ...(orderId === undefined ? [] : [sql`order_id = ${orderId}`]),
      ...(beforeSeq === undefined ? [] : [sql`seq < ${BigInt(beforeSeq)}`])
    ])
    return sql`select ${sql.literal(fillJson)} as found from fills
      where ${conditions} order by account_id desc, seq desc limit ${limit}`
  }

  const waitingLeg = (accountId: AccountId, orderId: OrderId) =>
    Effect.flatMap(
      sql`select ${sql.literal(pendingLegJson)} as found from ${sql.literal(pendingLegs)}
        where account_id = ${accountId} and order_id = ${orderId}`,
      decodeOrders
    )

  return Blotter.of({
    orders: (query) =>
      orders(query).pipe(
        Effect.flatMap(decodeOrders),
        Effect.map((rows) => rows.map((row) => row.found)),
        read
      ),
    order: (accountId, orderId) =>
      sql`select ${sql.literal(orderJson)} as found from orders where account_id = ${accountId} and order_id = ${orderId}
        union all
        select ${sql.literal(pendingJson)} from order_commands
        where account_id = ${accountId} and order_id = ${orderId} and ${sql.literal(isPending)}`.pipe(
        Effect.flatMap(decodeOrders),
        // Few wait as a leg, and most of those that are asked for are no legs: looked for among them last.
        Effect.flatMap((rows) => (rows.length > 0 ? Effect.succeed(rows) : waitingLeg(accountId, orderId))),
        Effect.map(([row]) => Option.fromNullishOr(row?.found)),
        read
      ),
    ordersById: (accountId, orderIds) =>
      sql`select ${sql.literal(orderJson)} as found from orders
        where account_id = ${accountId} and order_id in (
          select jsonb_array_elements_text(${JSON.stringify(orderIds)}::jsonb))`.pipe(
        Effect.flatMap(decodeOrders),
        Effect.map((rows) => rows.map((row) => row.found)),
        read
      ),
    orderCounts: (accountId) =>
      sql`select count(*) filter (where is_open)::int as open, count(*) filter (where not is_open)::int as closed
        from orders where account_id = ${accountId}`.pipe(
        Effect.flatMap(decodeCounts),
        Effect.map(([counts]) => counts),
        read
      ),
    fills: (query) =>
      fills(query).pipe(
        Effect.flatMap(decodeFills),
        Effect.map((rows) => rows.map((row) => row.found)),
        read
      ),
    // One statement sees one snapshot of the database, so that all of it belongs to the same seq.
    state: (accountId) =>
      sql`select jsonb_build_object(
          'seq', coalesce((select seq from order_events
            where account_id = ${accountId} order by account_id desc, seq desc limit 1), 0),
          'orders', coalesce((select jsonb_agg(${sql.literal(orderJson)} order by order_id) from orders
            where account_id = ${accountId} and is_open), '[]'),
          'positions', coalesce((select jsonb_agg(${sql.literal(positionJson)} order by symbol) from positions
            where account_id = ${accountId}), '[]'),
          'balances', coalesce((select jsonb_agg(${sql.literal(balanceJson)} order by asset) from balances
            where account_id = ${accountId}), '[]'))
          || coalesce((select jsonb_build_object('blind', jsonb_build_object('since', since, 'reason', reason))
            from account_blindness where account_id = ${accountId}), '{}') as found`.pipe(
        Effect.flatMap(decodeState),
        Effect.map(([row]) => row.found),
        read
      )
  })
})

/** Needs the migrated `SqlClient` of `Database.layer`. */
export const layer: Layer.Layer<Blotter, never, SqlClient.SqlClient> = Layer.effect(Blotter, make)

const sentenceOf = (error: SqlError.SqlError | Schema.SchemaError): string => {
  if (error._tag === "SchemaError") return "The read models could not be read: a row has a shape that is not ours."
  const { cause } = error.reason
  const reason = cause instanceof Error && cause.message !== "" ? cause.message.replace(/\.$/, "") : error.reason._tag
  return `The read models could not be read: ${reason}.`
}
