// The chart draws on a canvas, which knows no custom properties: it reads the page's own colours.

export interface Palette {
  readonly panel: string
  readonly raise: string
  readonly line: string
  readonly soft: string
  readonly ink: string
  readonly accent: string
  readonly up: string
  readonly down: string
  readonly upVolume: string
  readonly downVolume: string
}

export const readPalette = (): Palette => {
  const style = getComputedStyle(document.documentElement)
  const of = (name: string) => style.getPropertyValue(name).trim()
  return {
    panel: of("--panel"),
    raise: of("--raise"),
    line: of("--line"),
    soft: of("--soft"),
    ink: of("--ink"),
    accent: of("--accent"),
    up: of("--up"),
    down: of("--down"),
    upVolume: of("--up-volume"),
    downVolume: of("--down-volume")
  }
}
