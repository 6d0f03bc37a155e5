// Which calls place orders, which change or cancel them, and which ask about them: what a fault concerns that names no route.

const isPlacing = (route: string): boolean =>
  /^POST \/api\/v3\/(?:order|orderList|sor\/order)(?:\/(?!test$)\w+)?$/.test(route) ||
  /^(?:v3\/)?(?:order\.place|order\.cancelReplace|orderList\.place(?:\.\w+)?|sor\.order\.place)$/.test(route)

const isChanging = (route: string): boolean =>
  /^(?:DELETE|PUT) \/api\/v3\/(?:order|orderList|openOrders)/.test(route) ||
  /^(?:v3\/)?(?:order\.cancel|order\.amend\.keepPriority|openOrders\.cancelAll|orderList\.cancel)$/.test(route)

const isQuery = (route: string): boolean =>
  /^GET \/api\/v3\/(?:order|openOrders|allOrders)$/.test(route) ||
  /^(?:v3\/)?(?:order\.status|openOrders\.status|allOrders)$/.test(route)

export const concerns = (routes: "any" | "trading" | "placing" | "queries", route: string): boolean => {
  switch (routes) {
    case "any":
      return true
    case "trading":
      return isPlacing(route) || isChanging(route)
    case "placing":
      return isPlacing(route)
    case "queries":
      return isQuery(route)
  }
}
