public import Packets

extension FlowView {
    /// What a packet of the connection is to look like at a hook: the tuple from which it gets its source or destination
    /// (`nf_nat_packet`). Nil if the connection isn't translated so.
    public func target(_ manipulation: NATManipulation) -> FlowTuple? {
        guard exists, status.contains(isReply ? manipulation.opposite.done : manipulation.done) else {
            return nil
        }
        return (isReply ? original : reply).inverse
    }

    /// The tuple from which the packet that an ICMP error quotes gets the other one of its ends, so that whoever sent it
    /// knows it again (`nf_nat_icmp_reply_translation`).
    public func quotedTarget(_ manipulation: NATManipulation) -> FlowTuple? {
        target(manipulation)?.inverse
    }
}
