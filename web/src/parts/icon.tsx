/** @file The few icons, drawn here: strokes in the colour of the text. */

const shapes = {
  try: 'M4 12h9M4 6h14M4 18h6M16 12l4 3-4 3z',
  catalogue: 'M4 5h7v14H4zM13 5h7v6h-7zM13 14h7v5h-7z',
  training: 'M4 4v16h16M7 8c3 7 7 8 13 8',
  live: 'M3 12h4l3-7 4 14 3-7h4',
  system: 'M4 6h16v5H4zM4 13h16v5H4zM8 8.5h.01M8 15.5h.01',
  calls: 'M8 8l-4 4 4 4M16 8l4 4-4 4M13.5 6l-3 12',
  key: 'M14.5 13a4.5 4.5 0 1 0-4.2-3L4 16.500V20h4v-2.500h2.500V15z',
  light:
    'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 3v2M12 19v2M3 12h2M19 12h2M5.600 5.600l1.400 1.400M17 17l1.400 1.400M18.400 5.600L17 7M7 17l-1.400 1.400',
  dark: 'M19 14.500A7.500 7.500 0 0 1 9.500 5a7.500 7.500 0 1 0 9.500 9.500z',
  half: 'M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16',
  help: 'M9.200 9.200a2.800 2.800 0 1 1 4.300 2.300c-.900.600-1.500 1.200-1.500 2.300M12 17.200h.01',
} as const

export type IconName = keyof typeof shapes

/** An icon without a name of its own: what holds it says what it means. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
      <path
        d={shapes[name]}
        fill="none"
        stroke="currentColor"
        stroke-width="1.7"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  )
}
