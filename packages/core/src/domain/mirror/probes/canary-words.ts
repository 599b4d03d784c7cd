/** Words of which needles are made: concrete, of one spelling, and none the beginning of another. */
export const canaryWords = {
  ru: "береза гранит маяк ястреб колодец парус молоток янтарь тростник кувшин облако барсук фонарь лиман черника якорь".split(
    " ",
  ),
  en: "anchor barley cobalt dolphin ember falcon ginger harbour ivory juniper kettle lantern marble nutmeg orchid pebble".split(
    " ",
  ),
} as const;
