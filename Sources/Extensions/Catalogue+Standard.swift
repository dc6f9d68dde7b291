public import RuleModel

extension Catalogue {
    /// Every match and target that there is: one file in `Matches` or `Targets`, and one line here, each.
    public static let standard = Catalogue(
        matches: [
            AddressTypeMatch.self,
            CommentMatch.self,
            ConntrackMatch.self,
            DSCPMatch.self,
            ECNMatch.self,
            FragmentMatch.self,
            HopLimitMatch.self,
            ICMPMatch.self,
            ICMPv6Match.self,
            IPRangeMatch.self,
            LengthMatch.self,
            LimitMatch.self,
            MACMatch.self,
            MarkMatch.self,
            MultiportMatch.self,
            PacketTypeMatch.self,
            QuotaMatch.self,
            SetMatch.self,
            StateMatch.self,
            StatisticMatch.self,
            TCPMatch.self,
            TCPMSSMatch.self,
            TimeMatch.self,
            TOSMatch.self,
            TTLMatch.self,
            UDPMatch.self,
        ],
        targets: [
            AcceptTarget.self,
            DropTarget.self,
            LogTarget.self,
            MarkTarget.self,
            NFLogTarget.self,
            RejectTarget.self,
            ReturnTarget.self,
            SetTarget.self,
        ])
}
