/** @file Links between the parts of a view. */

export interface Tab {
  readonly name: string
  readonly link: string
  readonly isHere: boolean
}

/** A row of links, the one that is open marked. */
export function Tabs({ label, tabs }: { readonly label: string; readonly tabs: readonly Tab[] }) {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map(({ name, link, isHere }) => (
        <a key={name} href={link} aria-current={isHere ? 'page' : undefined}>
          {name}
        </a>
      ))}
    </nav>
  )
}
