// Builds src/*.ts into src/nexus/web/static/built: named by content, with compressed siblings, so that the application
// itself can serve them for ever and small (whitenoise takes FILE.br and FILE.gz where they lie).
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { defineConfig } from 'vite'

const root = import.meta.dirname
const outDir = join(root, '../src/nexus/web/static/built')
const entries = ['base', 'editor', 'explorer', 'reading', 'sandbox']

/** Brotli's best quality takes a second for each half megabyte; what is larger than this is loaded by few and seldom. */
const LARGE = 70_000

async function compressed(path) {
  const data = await readFile(path)
  if (data.length < 500) return
  const quality = data.length > LARGE ? 9 : 11
  const params = { [constants.BROTLI_PARAM_QUALITY]: quality, [constants.BROTLI_PARAM_SIZE_HINT]: data.length }
  const [br, gz] = await Promise.all([promisify(brotliCompress)(data, { params }), promisify(gzip)(data, { level: 9 })])
  await Promise.all([writeFile(`${path}.br`, br), writeFile(`${path}.gz`, gz)])
}

const siblings = {
  name: 'compressed-siblings',
  async closeBundle() {
    const files = await readdir(join(outDir, 'assets'))
    await Promise.all(files.map((file) => compressed(join(outDir, 'assets', file))))
  },
}

/** GraphiQL's style brings its fonts along as data, which the policy does not load: the system's own are used. */
const withoutFonts = {
  name: 'without-fonts',
  enforce: 'pre',
  transform(code, id) {
    return id.includes('/graphiql/') && id.endsWith('.css') ? code.replaceAll(/@font-face\s*\{[^}]*\}/g, '') : undefined
  },
}

export default defineConfig({
  root,
  base: './', // files find each other wherever STATIC_URL is
  publicDir: false,
  resolve: { alias: { 'react-style-singleton': join(root, 'src/unlocked.ts') } },
  plugins: [withoutFonts, siblings],
  build: {
    outDir,
    emptyOutDir: true,
    manifest: 'manifest.json',
    sourcemap: false,
    target: 'es2022',
    modulePreload: false, // the page names what its scripts need; what is lazy stays so
    reportCompressedSize: false,
    chunkSizeWarningLimit: 2000,
    rolldownOptions: {
      // htmx can evaluate; it is configured not to, and the policy forbids it. React's parts say where they may run.
      checks: { eval: false, moduleLevelDirective: false },
      input: Object.fromEntries(entries.map((name) => [name, join(root, `src/${name}.ts`)])),
    },
  },
})
