// Every migration, in order. One record instead of a folder scan, so that it travels inside the bundle.
import people from "./0001_people.ts"
import journal from "./0002_journal.ts"
import paper from "./0003_paper.ts"
import venue from "./0004_venue.ts"
import paperKeys from "./0005_paper_keys.ts"
import eventChain from "./0006_event_chain.ts"
import orderTruth from "./0007_order_truth.ts"
import exchangeAccounts from "./0008_exchange_accounts.ts"
import stopOrders from "./0009_stop_orders.ts"
import liveSwitch from "./0010_live_switch.ts"
import orderLists from "./0011_order_lists.ts"
import orderAmends from "./0012_order_amends.ts"
import paperKeyRights from "./0013_paper_key_rights.ts"

export const migrations = {
  "0001_people": people,
  "0002_journal": journal,
  "0003_paper": paper,
  "0004_venue": venue,
  "0005_paper_keys": paperKeys,
  "0006_event_chain": eventChain,
  "0007_order_truth": orderTruth,
  "0008_exchange_accounts": exchangeAccounts,
  "0009_stop_orders": stopOrders,
  "0010_live_switch": liveSwitch,
  "0011_order_lists": orderLists,
  "0012_order_amends": orderAmends,
  "0013_paper_key_rights": paperKeyRights
}
