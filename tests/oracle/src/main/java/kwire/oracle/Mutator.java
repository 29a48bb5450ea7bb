// SPDX-License-Identifier: Apache-2.0
package kwire.oracle;

import java.util.Arrays;
import java.util.Random;

/** Damages encoded messages, mostly so little that a decoder gets far before it reaches the damage. */
final class Mutator {
    private static final int[] BYTES = {0x00, 0x01, 0x02, 0x7f, 0x80, 0x81, 0xfe, 0xff};

    private final Random random;

    Mutator(Random random) {
        this.random = random;
    }

    byte[] mutate(byte[] original) {
        byte[] bytes = original;
        for (int left = random.nextInt(3) == 0 ? 2 : 1; left > 0; left--) {
            bytes = once(bytes);
        }
        return bytes;
    }

    private byte[] once(byte[] in) {
        if (in.length == 0) {
            return insert(in, 0, some(1 + random.nextInt(3)));
        }
        int at = random.nextInt(in.length);
        return switch (random.nextInt(11)) {
            case 0, 1 -> with(in, at, in[at] ^ 1 << random.nextInt(8));
            case 2 -> with(in, at, BYTES[random.nextInt(BYTES.length)]);
            case 3, 4 -> with(in, at, in[at] + (random.nextBoolean() ? 1 : -1));
            case 5 -> Arrays.copyOf(in, at);
            case 6 -> insert(in, at, some(1));
            case 7 -> remove(in, at, 1 + random.nextInt(Math.min(4, in.length - at)));
            case 8 -> insert(in, random.nextBoolean() ? in.length : at, some(1 + random.nextInt(4)));
            case 9 -> stretch(in, at);
            default -> huge(in, at);
        };
    }

    /** The same number as a varint, in one byte more; or a continuation that never ends. */
    private byte[] stretch(byte[] in, int at) {
        byte[] out = with(in, at, in[at] | 0x80);
        int zeros = 1 + random.nextInt(5);
        byte[] tail = new byte[zeros];
        Arrays.fill(tail, 0, zeros - 1, (byte) 0x80);
        if (random.nextInt(8) == 0) {
            Arrays.fill(tail, (byte) 0xff);
        }
        return insert(out, at + 1, tail);
    }

    /** A length or count that is far too big, as an int16, an int32 or a varint. */
    private byte[] huge(byte[] in, int at) {
        return switch (random.nextInt(5)) {
            case 0 -> replace(in, at, (byte) 0x7f, (byte) 0xff);
            case 1 -> replace(in, at, (byte) 0x7f, (byte) 0xff, (byte) 0xff, (byte) 0xff);
            case 2 -> replace(in, at, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xfe);
            case 3 -> insert(remove(in, at, 1), at, new byte[] {-1, -1, -1, -1, (byte) random.nextInt(128)});
            default -> insert(remove(in, at, 1), at, new byte[] {-1, -1, -1, -1, 7});
        };
    }

    private byte[] some(int length) {
        byte[] bytes = new byte[length];
        if (random.nextBoolean()) {
            random.nextBytes(bytes);
        }
        return bytes;
    }

    private static byte[] with(byte[] in, int at, int value) {
        byte[] out = in.clone();
        out[at] = (byte) value;
        return out;
    }

    private static byte[] replace(byte[] in, int at, byte... values) {
        byte[] out = in.clone();
        System.arraycopy(values, 0, out, at, Math.min(values.length, out.length - at));
        return out;
    }

    private static byte[] insert(byte[] in, int at, byte[] more) {
        byte[] out = Arrays.copyOf(in, in.length + more.length);
        System.arraycopy(in, at, out, at + more.length, in.length - at);
        System.arraycopy(more, 0, out, at, more.length);
        return out;
    }

    private static byte[] remove(byte[] in, int at, int count) {
        byte[] out = Arrays.copyOf(in, in.length - count);
        System.arraycopy(in, at + count, out, at, in.length - at - count);
        return out;
    }
}
