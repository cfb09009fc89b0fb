import { expect, it } from 'vitest'
// Under another name, because the formatter lays out what is tagged `html`.
import { html as template, raw } from '../../examples/demo/html.ts'

it('text in a template cannot become an element or end an attribute', () => {
  const hostile = `<script>"it's" & more</script>`
  expect(template`<p title="${hostile}">${hostile}</p>`.text).toBe(
    '<p title="&lt;script&gt;&quot;it&#39;s&quot; &amp; more&lt;/script&gt;">&lt;script&gt;&quot;it&#39;s&quot; &amp; more&lt;/script&gt;</p>',
  )
})

it('a template within a template is not escaped again', () => {
  expect(template`<ul>${['a & b', 'c'].map((name) => template`<li>${name}</li>`)}</ul>`.text).toBe('<ul><li>a &amp; b</li><li>c</li></ul>')
})

it('what is not there leaves nothing, and zero is there', () => {
  expect(template`${undefined}${false}${0}${raw('<br>')}`.text).toBe('0<br>')
})

it('a backslash in a template stays what JavaScript makes of it', () => {
  expect(template`a\u00b7b\n`.text).toBe('a·b\n')
})
