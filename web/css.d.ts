// esbuild takes a stylesheet imported by the page into the bundle.
declare module "*.css"
