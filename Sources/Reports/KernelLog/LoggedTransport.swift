import RuleModel

extension LoggedBytes {
    /// `nf_log_dump_tcp_header`
    /// - Returns: false if nothing follows.
    func appendTCP(at offset: Int, isFragment: Bool, _ parameters: LogParameters, to text: inout [UInt8])
        -> Bool
    {
        text.append(text: "PROTO=TCP ")
        if isFragment { return true }
        guard has(offset, 20) else {
            text.append(text: incomplete(from: offset))
            return false
        }
        text.append(text: "SPT=\(uint16(offset)) DPT=\(uint16(offset + 2)) ")
        if parameters.tcpSequence {
            text.append(text: "SEQ=\(uint32(offset + 4)) ACK=\(uint32(offset + 8)) ")
        }
        let reserved = (byte(offset + 12) & 0x0f) << 2
        text.append(text: "WINDOW=\(uint16(offset + 14)) RES=0x\(reserved.hex(digits: 2)) ")
        let flags = byte(offset + 13)
        let names = ["CWR ", "ECE ", "URG ", "ACK ", "PSH ", "RST ", "SYN ", "FIN "]
        for (index, name) in names.enumerated() where flags & 0x80 >> index != 0 { text.append(text: name) }
        text.append(text: "URGP=\(uint16(offset + 18)) ")
        let headerLength = Int(byte(offset + 12) >> 4) * 4
        guard parameters.tcpOptions, headerLength > 20 else { return true }
        guard has(offset, headerLength) else {
            text.append(text: "OPT (TRUNCATED)")
            return false
        }
        text.append(text: "OPT (\(hex(offset + 20..<offset + headerLength))) ")
        return true
    }

    /// `nf_log_dump_udp_header`
    /// - Returns: false if nothing follows.
    func appendUDP(_ name: String, at offset: Int, isFragment: Bool, to text: inout [UInt8]) -> Bool {
        text.append(text: "PROTO=\(name) ")
        if isFragment { return true }
        guard has(offset, 8) else {
            text.append(text: incomplete(from: offset))
            return false
        }
        text.append(
            text: "SPT=\(uint16(offset)) DPT=\(uint16(offset + 2)) LEN=\(uint16(offset + 4)) ")
        return true
    }
}
