// Short lines about what just happened.
import * as Notices from "../store/Notices.ts"

export const Toasts = () => (
  <div class="toasts" role="status" aria-live="polite">
    {Notices.notices.value.map((notice) => (
      <div class={`toast ${notice.tone}`} key={notice.id}>
        <div>
          <b>{notice.title}</b>
          <span>{notice.text}</span>
        </div>
        <button type="button" class="icon" aria-label="Dismiss" onClick={() => Notices.dismiss(notice.id)}>
          ✕
        </button>
      </div>
    ))}
  </div>
)
