internal import Packets

extension ConnectionTable {
    /// An expectation that a packet of a tuple would meet, if it is active (`__nf_ct_expect_find`).
    func expectationHandle(meeting tuple: FlowTuple) -> ExpectationHandle? {
        expectations.waiting(for: tuple).first { expectations[$0]?.matches(tuple) ?? false }
    }
}
