// Rows of an account: columns are words, the first column is the row's name.
import type { ComponentChildren } from "preact"

export const Table = ({ columns, children }: { columns: ReadonlyArray<string>; children: ComponentChildren }) => (
  <table>
    <thead>
      <tr>
        {columns.map((column) => (
          <th scope="col" key={column}>
            {column}
          </th>
        ))}
      </tr>
    </thead>
    <tbody>{children}</tbody>
  </table>
)

export const More = ({ more, load }: { more: boolean; load: () => Promise<void> }) =>
  more ? (
    <button type="button" class="link more" onClick={() => void load()}>
      Show older
    </button>
  ) : null
