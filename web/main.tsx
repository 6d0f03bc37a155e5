// The page: which of its two faces is showing, and what runs while someone is logged in.
import { effect, untracked } from "@preact/signals"
import { render } from "preact"
import { Desk } from "./panels/Desk.tsx"
import { Login } from "./panels/Login.tsx"
import { Toasts } from "./panels/Toasts.tsx"
import * as Account from "./store/Account.ts"
import * as Connection from "./store/Connection.ts"
import * as Exchange from "./store/Exchange.ts"
import * as Market from "./store/Market.ts"
import * as Preferences from "./store/Preferences.ts"
import * as Route from "./store/Route.ts"
import * as Session from "./store/Session.ts"
import * as Ticket from "./store/Ticket.ts"
import * as Token from "./store/Token.ts"
import "./styles.css"

const Page = () => (
  <>
    {Session.user.value === undefined || Route.route.value.page === "login" ? <Login /> : <Desk />}
    <Toasts />
  </>
)

Preferences.keep()
Route.listen()
Connection.listen()
Session.checkExpiry(Date.now())
addEventListener("focus", () => Session.checkExpiry(Date.now()))

effect(() => {
  const token = Token.identity.value?.token
  return untracked(() => {
    if (token === undefined) {
      Route.toLogin()
      void Market.loadSymbols()
      return
    }
    if (Route.route.peek().page === "login") Route.go(Route.afterLogin(), true)
    Connection.start(token)
    const stops = [Market.watch(), Account.watch(), Ticket.watch(), Exchange.watch()]
    return () => {
      stops.forEach((stop) => stop())
      Connection.stop()
    }
  })
})

effect(() => {
  const symbol = Market.symbol.value
  const price = Market.price.value?.price
  document.title = symbol === undefined ? "Outcry" : typeof price === "string" ? `${price} ${symbol} · Outcry` : symbol
})

render(<Page />, document.getElementById("desk")!)
