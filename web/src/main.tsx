/** @file The page begins here. */

import { render } from 'preact'
import { App } from './app.js'
import { showTheme } from './base/theme.js'
import './style/base.css'
import './style/parts.css'
import './style/views.css'

showTheme()
render(<App />, document.getElementById('app')!)
