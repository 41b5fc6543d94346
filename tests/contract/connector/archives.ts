import { crc32, deflateRawSync, gzipSync } from 'node:zlib';

type Files = Readonly<Record<string, string | Uint8Array>>;

/** A zip archive of deflated files. */
export function zipOf(files: Files): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [path, content] of Object.entries(files)) {
    const name = Buffer.from(path);
    const plain = Buffer.from(content);
    const packed = deflateRawSync(plain);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x0800, 2);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(plain), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(plain.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\u0003\u0004', 'latin1'), common, name, packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\u0001\u0002\u0014\u0000', 'latin1'), common, rest, name);
    locals.push(local);
    offset += local.length;
  }
  const listed = Buffer.concat(directory);
  const count = Object.keys(files).length;
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 0, 'latin1');
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, listed, end]);
}

/** A tar archive compressed by gzip; long names as PAX has them. */
export function tarGzOf(files: Files): Buffer {
  const parts: Buffer[] = [];
  const add = (name: string, type: string, content: Buffer): void => {
    const header = Buffer.alloc(512);
    header.write(name.slice(0, 99), 0);
    header.write('0000644\0', 100);
    header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('        ', 148);
    header.write(type, 156);
    header.write('ustar\u000000', 257, 'latin1');
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    parts.push(header, content, Buffer.alloc((512 - (content.length % 512)) % 512));
  };
  add('folder/', '5', Buffer.alloc(0));
  for (const [path, content] of Object.entries(files)) {
    if (path.length > 99) {
      const record = ` path=${path}\n`;
      let length = Buffer.byteLength(record);
      while (Buffer.byteLength(String(length) + record) !== length) length += 1;
      add('pax', 'x', Buffer.from(String(length) + record));
    }
    add(path, '0', Buffer.from(content));
  }
  return gzipSync(Buffer.concat([...parts, Buffer.alloc(1024)]));
}
