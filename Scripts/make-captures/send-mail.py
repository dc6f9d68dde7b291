#!/usr/bin/env python3
"""Send one short message:  send-mail.py SERVER PORT"""
import smtplib
import sys

with smtplib.SMTP(sys.argv[1], int(sys.argv[2]), local_hostname="client.example.net", timeout=5) as smtp:
    smtp.sendmail("alice@example.net", ["bob@example.com"],
                  "From: alice@example.net\r\nTo: bob@example.com\r\nSubject: hello\r\n\r\nHello.\r\n")
