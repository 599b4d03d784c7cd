import { deflateSync } from "node:zlib";

/** A line of text on a page: where it stands, and what it says. */
export interface PdfLine {
  readonly y: number;
  readonly text: string;
}

/**
 * A PDF of pages with lines of text in any script: each character is a glyph of a font without outlines, and a table
 * says which character it is, as programs write it that embed a part of a font.
 */
export function makePdf(
  pages: readonly (readonly PdfLine[])[],
  {
    title,
    content,
    isLocked = false,
  }: { readonly title?: string; readonly content?: Buffer; readonly isLocked?: boolean } = {},
): Buffer {
  const glyphs = [...new Set(pages.flat().flatMap(({ text }) => Array.from(text)))];
  const code = (character: string) => (glyphs.indexOf(character) + 1).toString(16).padStart(4, "0");
  const unicode = (character: string) => Buffer.from(character, "utf16le").swap16().toString("hex");
  const map = [
    "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def",
    "1 begincodespacerange <0000> <ffff> endcodespacerange",
    `${glyphs.length} beginbfchar`,
    ...glyphs.map((character) => `<${code(character)}> <${unicode(character)}>`),
    "endbfchar endcmap end end",
  ].join("\n");
  const streams = pages.map((lines) => {
    const drawn = lines.map(
      ({ y, text }) => `1 0 0 1 72 ${y} Tm <${Array.from(text, code).join("")}> Tj`,
    );
    return content ?? Buffer.from(`BT /F1 12 Tf ${drawn.join("\n")} ET`);
  });
  const first = 7;
  const kids = pages.map((_, index) => `${first + 2 * index} 0 R`).join(" ");
  const objects: Buffer[] = [
    Buffer.from("<< /Type /Catalog /Pages 2 0 R >>"),
    Buffer.from(`<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`),
    Buffer.from(
      "<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /DescendantFonts [4 0 R] /ToUnicode 6 0 R >>",
    ),
    Buffer.from(
      "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /X /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /DW 600 /FontDescriptor 5 0 R >>",
    ),
    Buffer.from(
      "<< /Type /FontDescriptor /FontName /X /Flags 4 /FontBBox [0 0 600 800] /ItalicAngle 0 /Ascent 800 /Descent 0 /CapHeight 700 /StemV 80 >>",
    ),
    stream(Buffer.from(map)),
    ...streams.flatMap((drawn, index) => [
      Buffer.from(
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Resources << /Font << /F1 3 0 R >> >> /Contents ${first + 2 * index + 1} 0 R >>`,
      ),
      stream(drawn),
    ]),
  ];
  if (title !== undefined) {
    const hex = `feff${unicode(title)}`;
    objects.push(Buffer.from(`<< /Title <${hex}> >>`));
  }
  return assemble(
    objects,
    `${title === undefined ? "" : `/Info ${objects.length} 0 R`} ${isLocked ? lock : ""}`,
  );
}

/** What says that a file is under a password (PDF 1.7, 7.6.3): nobody knows it, because no word leads to these keys. */
const key = `<${"5a".repeat(32)}>`;
const lock = `/Encrypt << /Filter /Standard /V 1 /R 2 /O ${key} /U ${key} /P -4 >> /ID [${key} ${key}]`;

function stream(data: Buffer): Buffer {
  const packed = deflateSync(data);
  return Buffer.concat([
    Buffer.from(`<< /Length ${packed.length} /Filter /FlateDecode >>\nstream\n`),
    packed,
    Buffer.from("\nendstream"),
  ]);
}

function assemble(objects: readonly Buffer[], trailer: string): Buffer {
  const parts: Buffer[] = [Buffer.from("%PDF-1.7\n")];
  let at = parts[0]?.length ?? 0;
  const offsets = objects.map((object, index) => {
    const offset = at;
    const whole = Buffer.concat([
      Buffer.from(`${index + 1} 0 obj\n`),
      object,
      Buffer.from("\nendobj\n"),
    ]);
    parts.push(whole);
    at += whole.length;
    return offset;
  });
  const size = objects.length + 1;
  const table = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  parts.push(
    Buffer.from(
      `xref\n0 ${size}\n0000000000 65535 f \n${table}trailer\n<< /Size ${size} /Root 1 0 R ${trailer} >>\nstartxref\n${at}\n%%EOF\n`,
    ),
  );
  return Buffer.concat(parts);
}
