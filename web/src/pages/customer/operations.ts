import { graphql } from '../../api/graphql.ts'

/** Operations that several pages of the customer share. */

export const MY_WALLETS = graphql(`
  query MyWallets {
    myWallets {
      id
      name
      currency
      status
      balance { posted { amount currency } held { amount currency } available { amount currency } }
    }
  }
`)

export const BALANCE_CHANGED = graphql(`
  subscription BalanceChanged($walletId: ID!) {
    balanceChanged(walletId: $walletId) {
      id
      status
      balance { posted { amount currency } held { amount currency } available { amount currency } }
    }
  }
`)

export const CURRENCIES = graphql(`
  query Currencies {
    currencies { code name exponent }
  }
`)

export const BENEFICIARIES = graphql(`
  query Beneficiaries {
    me {
      id
      beneficiaries { id name country currency delivery accountNumber bankName createdAt wallet { id } }
    }
  }
`)

/** Every state of one payment, each once; behind `after` where the connection was lost. */
export const PAYMENT_PROGRESS = graphql(`
  subscription PaymentProgress($id: ID, $after: String) {
    paymentStatusChanged(id: $id, after: $after) {
      cursor
      status
      at
      payment { id status failure { code message } }
    }
  }
`)
