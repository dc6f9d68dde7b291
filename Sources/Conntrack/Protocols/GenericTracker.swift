/// Every protocol without a tracker of its own (`nf_conntrack_proto_generic.c`): a flow is two addresses.
enum GenericTracker {
    static func track(
        _ connection: inout Connection, _ context: PacketContext, _ settings: ConntrackSettings
    ) -> TrackerVerdict {
        connection.refresh(settings.genericTimeout, context)
        return .accepted
    }
}
