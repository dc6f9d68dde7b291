import Packets
import RuleModel

/// A program of the classic Berkeley packet filter, checked and run as the kernel does (net/core/filter.c,
/// include/uapi/linux/bpf_common.h). Offsets count from the IP header.
struct ClassicBPF: Hashable, Sendable {
    struct Instruction: Hashable, Sendable {
        var code: UInt16
        var jumpTrue: UInt8
        var jumpFalse: UInt8
        var k: UInt32
    }

    let instructions: [Instruction]

    /// Why a program is refused.
    struct Fault: Error {
        let instruction: Int
        let message: String
    }

    /// How the parts of a code are called in the kernel's headers.
    private enum Code {
        static let immediate: UInt16 = 0x00
        static let absolute: UInt16 = 0x20
        static let indirect: UInt16 = 0x40
        static let memory: UInt16 = 0x60
        static let length: UInt16 = 0x80
        static let headerLength: UInt16 = 0xa0
    }

    private enum Class: UInt16 {
        case load, loadX, store, storeX, arithmetic, jump, `return`, miscellaneous
    }

    private static func `class`(_ code: UInt16) -> Class {
        guard let found = Class(rawValue: code & 7) else { preconditionFailure("three bits are a class") }
        return found
    }

    /// Offsets from here on say something about the packet that isn't in it (`SKF_AD_OFF`).
    private static let ancillary = UInt32(bitPattern: -0x1000)
    /// From here on, offsets count from the IP header (`SKF_NET_OFF`).
    private static let network = UInt32(bitPattern: -0x100000)
    private static let memorySize = 16

    /// `SKF_AD_PROTOCOL`, `SKF_AD_PKTTYPE`, `SKF_AD_MARK`, `SKF_AD_ALU_XOR_X`: those that a capture tells.
    private static let knownAncillary: Set<UInt32> = [0, 4, 20, 40]
    /// One past `SKF_AD_VLAN_TPID`.
    private static let ancillaryEnd: UInt32 = 64

    init(_ instructions: [Instruction]) throws(Fault) {
        self.instructions = instructions
        for (place, step) in instructions.enumerated() {
            if let message = fault(of: step, at: place) { throw Fault(instruction: place, message: message) }
        }
        guard let last = instructions.last, last.code == 0x06 || last.code == 0x16 else {
            throw Fault(
                instruction: max(0, instructions.count - 1), message: "the last instruction must return")
        }
        if let place = firstUninitializedLoad() {
            throw Fault(instruction: place, message: "it loads memory that wasn't stored to")
        }
    }

    /// `bpf_check_classic`, `chk_code_allowed`
    private func fault(of step: Instruction, at place: Int) -> String? {
        let unknown = "there is no code \(step.code)"
        switch ClassicBPF.class(step.code) {
        case .load:
            switch step.code {
            case 0x20, 0x28, 0x30:
                let isUnknown =
                    step.k >= ClassicBPF.ancillary
                    && (step.k - ClassicBPF.ancillary >= ClassicBPF.ancillaryEnd || step.k & 3 != 0)
                return isUnknown ? "nothing is at offset \(step.k)" : nil
            case 0x40, 0x48, 0x50, 0x00, 0x80: return nil
            case 0x60: return step.k < ClassicBPF.memorySize ? nil : "memory has 16 places"
            default: return unknown
            }
        case .loadX:
            switch step.code {
            case 0x01, 0x81, 0xb1: return nil
            case 0x61: return step.k < ClassicBPF.memorySize ? nil : "memory has 16 places"
            default: return unknown
            }
        case .store, .storeX:
            guard step.code <= 3 else { return unknown }
            return step.k < ClassicBPF.memorySize ? nil : "memory has 16 places"
        case .arithmetic:
            switch step.code {
            case 0x34, 0x94: return step.k == 0 ? "it divides by 0" : nil
            case 0x64, 0x74: return step.k > 31 ? "a shift is by at most 31 bits" : nil
            case 0x84: return nil
            default:
                return step.code & ~8 <= 0xa4 && step.code & 0xff07 == 4 && step.code != 0x8c ? nil : unknown
            }
        case .jump:
            let left = instructions.count - place - 1
            switch step.code {
            case 0x05: return step.k < left ? nil : "it jumps out of the program"
            case 0x15, 0x1d, 0x25, 0x2d, 0x35, 0x3d, 0x45, 0x4d:
                return Int(max(step.jumpTrue, step.jumpFalse)) < left ? nil : "it jumps out of the program"
            default: return unknown
            }
        case .return: return step.code == 0x06 || step.code == 0x16 ? nil : unknown
        case .miscellaneous: return step.code == 0x07 || step.code == 0x87 ? nil : unknown
        }
    }

    /// `check_load_and_stores`
    private func firstUninitializedLoad() -> Int? {
        var masks = [UInt16](repeating: .max, count: instructions.count)
        var valid: UInt16 = 0
        for (place, step) in instructions.enumerated() {
            valid &= masks[place]
            switch step.code {
            case 0x02, 0x03: valid |= 1 << UInt16(step.k)
            case 0x60, 0x61: if valid & 1 << UInt16(step.k) == 0 { return place }
            case 0x05:
                masks[place + 1 + Int(step.k)] &= valid
                valid = .max
            case 0x15, 0x1d, 0x25, 0x2d, 0x35, 0x3d, 0x45, 0x4d:
                masks[place + 1 + Int(step.jumpTrue)] &= valid
                masks[place + 1 + Int(step.jumpFalse)] &= valid
                valid = .max
            default: break
            }
        }
        return nil
    }

    /// Whether a capture has all that the program asks for: link headers, hashes, queues and lots are the kernel's.
    var readsOnlyPacket: Bool {
        instructions.allSatisfy { step in
            switch step.code {
            case 0x20, 0x28, 0x30:
                step.k >= ClassicBPF.ancillary
                    ? ClassicBPF.knownAncillary.contains(step.k - ClassicBPF.ancillary)
                    : step.k < 1 << 31 || step.k >= ClassicBPF.network
            default: true
            }
        }
    }

    /// What the program returns; 0 where it reads behind the packet's end or divides by 0. It ends: every jump is forward.
    func run(_ context: borrowing TestContext, _ bytes: RawSpan) -> UInt32 {
        let ip = IPBytes(context.packet, bytes)
        var a: UInt32 = 0
        var x: UInt32 = 0
        var memory = [UInt32](repeating: 0, count: ClassicBPF.memorySize)
        var place = 0
        while place < instructions.count {
            let step = instructions[place]
            place += 1
            switch ClassicBPF.class(step.code) {
            case .load, .loadX:
                guard let value = load(step, a, x, memory, ip, context, bytes) else { return 0 }
                if ClassicBPF.class(step.code) == .load { a = value } else { x = value }
            case .store: memory[Int(step.k)] = a
            case .storeX: memory[Int(step.k)] = x
            case .arithmetic:
                guard let value = ClassicBPF.compute(step.code & 0xf0, a, step.code & 8 == 0 ? step.k : x)
                else {
                    return 0
                }
                a = value
            case .jump:
                let operand = step.code & 8 == 0 ? step.k : x
                let jumps: Bool
                switch step.code & 0xf0 {
                case 0x00:
                    place += Int(step.k)
                    continue
                case 0x10: jumps = a == operand
                case 0x20: jumps = a > operand
                case 0x30: jumps = a >= operand
                default: jumps = a & operand != 0
                }
                place += Int(jumps ? step.jumpTrue : step.jumpFalse)
            case .return: return step.code == 0x06 ? step.k : a
            case .miscellaneous: if step.code == 0x07 { x = a } else { a = x }
            }
        }
        return 0
    }

    private func load(
        _ step: Instruction, _ a: UInt32, _ x: UInt32, _ memory: [UInt32], _ ip: IPBytes,
        _ context: borrowing TestContext, _ bytes: RawSpan
    ) -> UInt32? {
        switch step.code & 0xe0 {
        case Code.immediate: return step.k
        case Code.memory: return memory[Int(step.k)]
        case Code.length: return UInt32(truncatingIfNeeded: ip.length)
        case Code.headerLength:
            return ClassicBPF.read(1, at: step.k, ip, bytes).map { ($0 & 15) * 4 }
        case Code.absolute where step.k >= ClassicBPF.ancillary:
            switch step.k - ClassicBPF.ancillary {
            case 0: return context.packet.family == .ipv4 ? 0x0800 : 0x86dd
            case 4: return UInt32(context.metadata.packetType.rawValue)
            case 20: return context.metadata.mark
            default: return a ^ x
            }
        case Code.absolute: return ClassicBPF.read(step.width, at: step.k, ip, bytes)
        default: return ClassicBPF.read(step.width, at: step.k &+ x, ip, bytes)
        }
    }

    private static func read(_ width: Int, at offset: UInt32, _ ip: IPBytes, _ bytes: RawSpan) -> UInt32? {
        // A negative offset below the link header's is behind no packet's end, as the kernel looks at it.
        let place = offset < 1 << 31 ? Int(offset) : Int(Int32(bitPattern: offset)) + 0x100000
        switch width {
        case 1: return ip.byte(at: place, bytes).map { UInt32($0) }
        case 2: return ip.uint16(at: place, bytes).map { UInt32($0) }
        default: return ip.uint32(at: place, bytes)
        }
    }

    private static func compute(_ operation: UInt16, _ a: UInt32, _ b: UInt32) -> UInt32? {
        switch operation {
        case 0x00: a &+ b
        case 0x10: a &- b
        case 0x20: a &* b
        case 0x30: b == 0 ? nil : a / b
        case 0x40: a | b
        case 0x50: a & b
        case 0x60: a &<< b
        case 0x70: a &>> b
        case 0x80: 0 &- a
        case 0x90: b == 0 ? nil : a % b
        default: a ^ b
        }
    }
}

extension ClassicBPF.Instruction {
    /// How many bytes a load from the packet reads.
    fileprivate var width: Int {
        switch code & 0x18 {
        case 0x10: 1
        case 0x08: 2
        default: 4
        }
    }
}
