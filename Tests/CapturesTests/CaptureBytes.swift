/// Bytes of a file in the making, in one byte order.
struct CaptureBytes {
    var bytes: [UInt8] = []
    var isBigEndian = false

    mutating func u8(_ value: UInt8) { bytes.append(value) }
    mutating func u16(_ value: UInt16) { integer(value) }
    mutating func u32(_ value: UInt32) { integer(value) }
    mutating func u64(_ value: UInt64) { integer(value) }

    mutating func pad() {
        while bytes.count % 4 != 0 { bytes.append(0) }
    }

    private mutating func integer(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: isBigEndian ? value.bigEndian : value.littleEndian) {
            bytes.append(contentsOf: $0)
        }
    }

    /// A frame's worth of bytes that differ by `seed`.
    static func payload(_ count: Int, seed: Int = 1) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ seed &* 31) }
    }
}

// MARK: pcap

extension CaptureBytes {
    static func pcap(
        magic: UInt32 = 0xa1b2_c3d4, isBigEndian: Bool = false, version: (UInt16, UInt16) = (2, 4),
        snapLength: UInt32 = 262_144, linkType: UInt32 = 1
    ) -> CaptureBytes {
        var file = CaptureBytes(isBigEndian: isBigEndian)
        file.u32(magic)
        file.u16(version.0)
        file.u16(version.1)
        file.u64(0)
        file.u32(snapLength)
        file.u32(linkType)
        return file
    }

    mutating func record(
        seconds: UInt32 = 1_700_000_000, fraction: UInt32 = 5, captured: UInt32? = nil,
        original: UInt32? = nil, _ data: [UInt8], extra: Int = 0
    ) {
        u32(seconds)
        u32(fraction)
        u32(captured ?? UInt32(data.count))
        u32(original ?? UInt32(data.count))
        bytes += [UInt8](repeating: 9, count: extra)
        bytes += data
    }
}

// MARK: pcapng

extension CaptureBytes {
    typealias Option = (code: UInt16, value: [UInt8])

    mutating func block(_ type: UInt32, _ body: (inout CaptureBytes) -> Void) {
        var inner = CaptureBytes(isBigEndian: isBigEndian)
        body(&inner)
        inner.pad()
        let length = UInt32(inner.bytes.count + 12)
        u32(type)
        u32(length)
        bytes += inner.bytes
        u32(length)
    }

    mutating func options(_ options: [Option]) {
        if options.isEmpty { return }
        for option in options {
            u16(option.code)
            u16(UInt16(option.value.count))
            bytes += option.value
            pad()
        }
        u32(0)
    }

    mutating func section(minor: UInt16 = 0, options: [Option] = []) {
        block(0x0a0d_0d0a) { body in
            body.u32(0x1a2b_3c4d)
            body.u16(1)
            body.u16(minor)
            body.u64(.max)
            body.options(options)
        }
    }

    mutating func interface(linkType: UInt16 = 1, snapLength: UInt32 = 0, options: [Option] = []) {
        block(1) { body in
            body.u16(linkType)
            body.u16(0)
            body.u32(snapLength)
            body.options(options)
        }
    }

    mutating func enhancedPacket(
        interface: UInt32 = 0, ticks: UInt64 = 1_700_000_000_000_005, captured: UInt32? = nil,
        original: UInt32? = nil, _ data: [UInt8], options: [Option] = []
    ) {
        block(6) { body in
            body.u32(interface)
            body.u32(UInt32(ticks >> 32))
            body.u32(UInt32(truncatingIfNeeded: ticks))
            body.u32(captured ?? UInt32(data.count))
            body.u32(original ?? UInt32(data.count))
            body.bytes += data
            body.pad()
            body.options(options)
        }
    }

    mutating func simplePacket(original: UInt32, _ data: [UInt8]) {
        block(3) { body in
            body.u32(original)
            body.bytes += data
        }
    }

    mutating func oldPacket(
        interface: UInt16, ticks: UInt64, _ data: [UInt8], options: [Option] = []
    ) {
        block(2) { body in
            body.u16(interface)
            body.u16(0)
            body.u32(UInt32(ticks >> 32))
            body.u32(UInt32(truncatingIfNeeded: ticks))
            body.u32(UInt32(data.count))
            body.u32(UInt32(data.count))
            body.bytes += data
            body.pad()
            body.options(options)
        }
    }
}
