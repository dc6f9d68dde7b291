internal import Packets

/// Bob Jenkins' hash "lookup3" (`linux/jhash.h`).
public enum JenkinsHash {
    /// `jhash2`
    /// - Parameter words: an address, as a little-endian machine loads them from memory.
    static func hash(_ words: InlineArray<4, UInt32>, initial: UInt32) -> UInt32 {
        var a = 0xdead_beef &+ (4 << 2) &+ initial
        var b = a
        var c = a
        a &+= words[0]
        b &+= words[1]
        c &+= words[2]
        mix(&a, &b, &c)
        a &+= words[3]
        return final(&a, &b, &c)
    }

    /// `jhash_3words`
    public static func hash(_ a: UInt32, _ b: UInt32, _ c: UInt32, initial: UInt32) -> UInt32 {
        let start = 0xdead_beef &+ (3 << 2) &+ initial
        var (a, b, c) = (a &+ start, b &+ start, c &+ start)
        return final(&a, &b, &c)
    }

    /// `__jhash_mix`
    private static func mix(_ a: inout UInt32, _ b: inout UInt32, _ c: inout UInt32) {
        a = (a &- c) ^ rotated(c, 4)
        c = c &+ b
        b = (b &- a) ^ rotated(a, 6)
        a = a &+ c
        c = (c &- b) ^ rotated(b, 8)
        b = b &+ a
        a = (a &- c) ^ rotated(c, 16)
        c = c &+ b
        b = (b &- a) ^ rotated(a, 19)
        a = a &+ c
        c = (c &- b) ^ rotated(b, 4)
        b = b &+ a
    }

    /// `__jhash_final`
    private static func final(_ a: inout UInt32, _ b: inout UInt32, _ c: inout UInt32) -> UInt32 {
        c = (c ^ b) &- rotated(b, 14)
        a = (a ^ c) &- rotated(c, 11)
        b = (b ^ a) &- rotated(a, 25)
        c = (c ^ b) &- rotated(b, 16)
        a = (a ^ c) &- rotated(c, 4)
        b = (b ^ a) &- rotated(a, 14)
        c = (c ^ b) &- rotated(b, 24)
        return c
    }

    private static func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 {
        word << count | word >> (32 - count)
    }
}
