"""The reference pages, made from specs/, for the emulator to serve. Do not edit."""
