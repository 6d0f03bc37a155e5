// Whose orders these are: the account on the screen, and the others where there are any.
import * as Accounts from "../store/Accounts.ts"
import * as Market from "../store/Market.ts"
import { Badge } from "../ui/Badge.tsx"

export const AccountSwitch = () => {
  const badge = Market.badge.value
  const rows = Accounts.rows.value
  return (
    <span class="where">
      {rows.length < 2 ? null : (
        <select
          class="accounts"
          name="account"
          aria-label="Account"
          value={Accounts.current.value}
          onChange={(event) => Accounts.pick(event.currentTarget.value)}
        >
          {rows.map(({ accountId, name }) => (
            <option key={accountId} value={accountId}>
              {name}
            </option>
          ))}
        </select>
      )}
      {badge === undefined ? null : (
        <span class="where" data-testid="badge">
          <Badge environment={badge.environment} />
          <span class="soft market">{badge.label}</span>
        </span>
      )}
    </span>
  )
}
