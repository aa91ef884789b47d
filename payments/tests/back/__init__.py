"""Money on its way back, with the real gateway and the stand-in for the provider over HTTP."""
