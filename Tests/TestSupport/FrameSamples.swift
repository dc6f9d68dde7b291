public import Packets

/// Frames as Linux hosts really sent them, one a kind.
public enum FrameSamples {
    /// 192.0.2.20:50250 > 198.51.100.80:80 S, with MSS, SACK permitted, timestamps and window scale 10.
    public static let tcpSYN = bytes(
        hex: """
            02005e10010102005e10c20108004500003cf7bf400040065664c0000214c6336450c44a00505ced765700000000a002
            faf013d40000020405b40402080af407c0b8000000000103030a
            """)
    public static let dnsQuery = bytes(
        hex: """
            02005e10010102005e10c101080045000054fbe1000040119244c000020ac633643594410035004052fb0ff801200001
            00000000000103777777076578616d706c6503636f6d000001000100002904d000000000000c000a00085f035db75319
            bc28
            """)
    public static let echoRequest = bytes(
        hex: """
            02005e10010102005e10c10108004500005439d8400040011443c000020ac63364500800a8fe4c5b0001098c046b0000
            000032db030000000000101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435
            3637
            """)
    /// Port unreachable about a UDP datagram.
    public static let portUnreachable = bytes(
        hex: """
            02005e10c10102005e100101080045c00058b9c600003f01d490c6336450c000020a0303e9c4000000004500003c1cb9
            00000111b06ac000020ac6336450c705829b0028d469404142434445464748494a4b4c4d4e4f50515253545556575859
            5a5b5c5d5e5f
            """)
    public static let neighbourSolicitation = bytes(
        hex: """
            3333ff00000102005e10c10186dd6000000000203aff20010db800100000000000000000000bff020000000000000000
            0001ff0000018700fced0000000020010db8001000000000000000000001010102005e10c101
            """)
    /// An echo request behind an atomic fragment header.
    public static let atomicFragment = bytes(
        hex: """
            02005e10010102005e10c10186dd6000000000282c4020010db800100000000000000000000b20010db8002000000000
            0000000000503a0000000000000980006299004d00016c61626c61626c61626c61626c61626c61626c61626c6162
            """)
    /// An echo request behind hop-by-hop options with a router alert.
    public static let hopByHop = bytes(
        hex: """
            02005e10010102005e10c10186dd600000000028004020010db800100000000000000000000b20010db8002000000000
            0000000000503a0005020000010080006299004d00016c61626c61626c61626c61626c61626c61626c61626c6162
            """)
    /// An INIT chunk.
    public static let sctpInit = bytes(
        hex: """
            02005e10010102005e10c10108004500003445b3000029845efbc000020ac633645accc300500000000082e95f2b0100
            0014a1fcbc4a00008000000a0800f4db6cc5
            """)
    public static let arpInVLAN10 = bytes(
        hex: """
            ffffffffffff02005e10c1018100000a0806000108000604000102005e10c101cb007185000000000000cb007181
            """)
    /// On interface 2, to this host.
    public static let sll2SYN = bytes(
        hex: """
            86dd0000000000020001000602005e10c10100006006e6900028064020010db800100000000000000000000c20010db8
            0020000000000000000000508e9a0050dc5a203d00000000a002fd204b420000020405a00402080a3741e0ec00000000
            0103030a
            """)
    public static let sllSYN = bytes(
        hex: """
            00000001000602005e10c101000086dd6006e6900028064020010db800100000000000000000000c20010db800200000
            00000000000000508e9a0050dc5a203d00000000a002fd204b420000020405a00402080a3741e0ec000000000103030a
            """)

    /// All of them, with their link types.
    public static let all: [(name: String, linkType: LinkType, bytes: [UInt8])] = [
        ("tcpSYN", .ethernet, tcpSYN), ("dnsQuery", .ethernet, dnsQuery),
        ("echoRequest", .ethernet, echoRequest),
        ("portUnreachable", .ethernet, portUnreachable),
        ("neighbourSolicitation", .ethernet, neighbourSolicitation),
        ("atomicFragment", .ethernet, atomicFragment), ("hopByHop", .ethernet, hopByHop),
        ("sctpInit", .ethernet, sctpInit),
        ("arpInVLAN10", .ethernet, arpInVLAN10), ("sll2SYN", .linuxSLL2, sll2SYN),
        ("sllSYN", .linuxSLL, sllSYN),
    ]
}
