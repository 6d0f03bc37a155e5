// What kind of screen this is. Only where the parts themselves differ; sizes and places are the stylesheet's.
import { signal } from "@preact/signals"

const narrow = typeof matchMedia === "undefined" ? undefined : matchMedia("(max-width: 700px)")

export const phone = signal(narrow?.matches ?? false)
narrow?.addEventListener("change", (event) => (phone.value = event.matches))
