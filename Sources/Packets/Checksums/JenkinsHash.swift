/// Bob Jenkins' hash "lookup3", as `linux/jhash.h` has it.
public enum JenkinsHash {
    /// `jhash_1word`
    /// - Parameter word: as a little-endian machine loads it from memory.
    public static func hash(_ word: UInt32, initial: UInt32) -> UInt32 {
        let start = 0xdead_beef &+ (1 << 2) &+ initial
        var (a, b, c) = (word &+ start, start, start)
        return final(&a, &b, &c)
    }

    /// `jhash_3words`
    public static func hash(_ a: UInt32, _ b: UInt32, _ c: UInt32, initial: UInt32) -> UInt32 {
        let start = 0xdead_beef &+ (3 << 2) &+ initial
        var (a, b, c) = (a &+ start, b &+ start, c &+ start)
        return final(&a, &b, &c)
    }

    /// `jhash2` of four words, an IPv6 address.
    /// - Parameter words: as a little-endian machine loads them from memory.
    public static func hash(_ words: InlineArray<4, UInt32>, initial: UInt32) -> UInt32 {
        let start = 0xdead_beef &+ (4 << 2) &+ initial
        var (a, b, c) = (start &+ words[0], start &+ words[1], start &+ words[2])
        mix(&a, &b, &c)
        a &+= words[3]
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
