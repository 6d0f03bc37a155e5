// The page: which of its two faces is showing, and what runs while someone is logged in.
import { effect, untracked } from "@preact/signals"
import { render } from "preact"
import { Desk } from "./panels/Desk.tsx"
import { Login } from "./panels/Login.tsx"
import { Toasts } from "./panels/Toasts.tsx"
import * as Account from "./store/Account.ts"
import * as Accounts from "./store/Accounts.ts"
import * as Change from "./store/Change.ts"
import * as Connection from "./store/Connection.ts"
import * as Exchange from "./store/Exchange.ts"
import * as Market from "./store/Market.ts"
import * as Notices from "./store/Notices.ts"
import * as Orders from "./store/Orders.ts"
import * as Preferences from "./store/Preferences.ts"
import * as Route from "./store/Route.ts"
import * as Session from "./store/Session.ts"
import * as Ticket from "./store/Ticket.ts"
import * as Timeline from "./store/Timeline.ts"
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

/** One account at a time: what is picked anew is followed from nothing, and nothing of the one before is left on the screen. */
const followAccount = (token: string): (() => void) =>
  effect(() => {
    const accountId = Accounts.picked.value
    return untracked(() => {
      Connection.start(token, accountId)
      const stops = [Account.watch(), Ticket.watch()]
      return () => {
        // First: what still waits to be shown is of the account that is left, and is forgotten with it.
        Connection.stop()
        stops.forEach((stop) => stop())
        Orders.leave()
        Change.close()
        Timeline.opened.value = undefined
        Notices.clear()
      }
    })
  })

effect(() => {
  const token = Token.identity.value?.token
  return untracked(() => {
    if (token === undefined) {
      Route.toLogin()
      void Market.loadSymbols()
      return
    }
    if (Route.route.peek().page === "login") Route.go(Route.afterLogin(), true)
    Accounts.recall()
    const stops = [followAccount(token), Market.watch(), Accounts.watch(), Exchange.watch()]
    return () => stops.forEach((stop) => stop())
  })
})

effect(() => {
  const symbol = Market.symbol.value
  const price = Market.price.value?.price
  document.title = symbol === undefined ? "Outcry" : typeof price === "string" ? `${price} ${symbol} · Outcry` : symbol
})

render(<Page />, document.getElementById("desk")!)
