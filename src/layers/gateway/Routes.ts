// Everything the gateway answers, as routes for `HttpRouter.serve`.
import { Layer } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { PrometheusMetrics } from "effect/observability"
import { Api } from "../../contract/Http.ts"
import { Access } from "./Access.ts"
import * as AccountRoutes from "./AccountRoutes.ts"
import * as AuthRoutes from "./AuthRoutes.ts"
import * as Boundary from "./Boundary.ts"
import * as ExchangeRoutes from "./ExchangeRoutes.ts"
import { Limits } from "./Limits.ts"
import * as ListRoutes from "./ListRoutes.ts"
import * as MarketRoutes from "./MarketRoutes.ts"
import * as Pages from "./Pages.ts"
import { Passwords } from "./Passwords.ts"
import { Gateway } from "./Submit.ts"
import * as TradingRoutes from "./TradingRoutes.ts"

/** The edge, without which nothing else may be served; `/metrics`; `/docs`. */
const common = Layer.mergeAll(Boundary.layer, PrometheusMetrics.layerHttp(), Pages.layerDocs)

/** REST, docs, health and metrics. Serve it with `disableLogger`: a log line a request costs more than the request. */
export const layer = HttpApiBuilder.layer(Api, { openapiPath: "/openapi.json" }).pipe(
  Layer.provide(TradingRoutes.layer),
  Layer.provide(ListRoutes.layer),
  Layer.provide(ExchangeRoutes.layer),
  Layer.provide(MarketRoutes.layer),
  Layer.provide(AccountRoutes.layer),
  Layer.provide(AuthRoutes.layer),
  Layer.provide([Access.layer, Gateway.layer, Limits.layer, Passwords.layer]),
  Layer.merge(common)
)
